# Make base images from Debian's packages, as root, where no image registry can be reached.
# Arguments: docker or buildah, and its command that builds an image. On stdout are the handlers
# with values for the `ARG`s of their Dockerfiles.
set -e
engine=$1
shift
if [ -z "$("$engine" images --quiet --filter reference=hashzip-debian)" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    debootstrap --variant=minbase --include=ca-certificates trixie "$folder/root" http://deb.debian.org/debian >&2
    # What Debian's own slim image leaves out as well.
    (cd "$folder/root" && rm -rf usr/share/doc usr/share/info usr/share/locale usr/share/man var/cache/apt var/lib/apt/lists/*)
    echo "FROM scratch
COPY root /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" >"$folder/Dockerfile"
    "$@" --tag hashzip-debian "$folder" >&2
fi
# Otherwise buildah would ask registries for it.
[ "$engine" = docker ] && base=hashzip-debian || base=localhost/hashzip-debian
for target in python pip rust; do
    "$@" --tag "hashzip-debian-$target" --file "$(dirname "$0")/debian.Dockerfile" \
        --target "$target" --build-arg "BASE=$base" "$(rustc --print sysroot)" >&2
done
echo "python BUILD_IMAGE=$base-pip
python RUNTIME_IMAGE=$base-python
rust BUILD_IMAGE=$base-rust
rust RUNTIME_IMAGE=$base"
