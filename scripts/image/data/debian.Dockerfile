# What the handlers' images are built on where no registry can be reached: Debian's own packages,
# and for Rust the toolchain in the context, which stands for that of the image `rust`.
ARG BASE
FROM ${BASE} AS python
RUN apt-get update && apt-get install --yes --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*

FROM python AS pip
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*

FROM ${BASE} AS rust
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY bin /usr/local/bin
COPY lib /usr/local/lib
