# For comparison: all in one image, as most begin; each edit compiles every dependency again.
ARG BUILD_IMAGE=docker.io/library/rust:1.95-slim-trixie
FROM ${BUILD_IMAGE}
ENV PATH=/opt/tools/bin:${PATH}
RUN apt-get update && apt-get install --yes python3-venv
RUN python3 -m venv /opt/tools && pip install cargo-lambda==1.9.2 ziglang==0.17.1
WORKDIR /build
COPY . .
ARG MESSAGE_FORMAT=human
RUN cargo lambda build --release --locked --bin hello --message-format ${MESSAGE_FORMAT}
RUN cp target/lambda/hello/bootstrap /bootstrap
ENTRYPOINT ["/bootstrap"]
