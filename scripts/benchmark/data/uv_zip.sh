# From uv's guide for Lambda: https://docs.astral.sh/uv/guides/integration/aws-lambda/
# Arguments: uv, the Python, and the platform, such as x86_64-manylinux_2_34.
set -e
rm -rf package package.zip
"$1" pip install --quiet --no-installer-metadata --no-compile-bytecode --only-binary :all: \
    --python "$2" --python-platform "$3" --target package --requirements requirements.txt
cp -R source/. package
cd package
zip -9 -q -r ../package.zip .
