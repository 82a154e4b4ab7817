# The base image of a handler's image, to measure its size.
ARG RUNTIME_IMAGE
FROM ${RUNTIME_IMAGE}
LABEL hashzip=base
