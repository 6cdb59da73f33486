# pegel in a container: an image with one file, the binary.
#
#     docker build --build-arg GIT_HASH=$(git rev-parse --short HEAD) -t pegel .
#     docker run -d --name pegel -p 8082:8082 -v pegel:/var/lib/pegel --stop-timeout 600 pegel
#
# With a configuration of your own: -v /etc/pegel/config.json:/etc/pegel/config.json:ro. Its directories must be below
# /var/lib/pegel, or on volumes of their own that user 65532 may write to.

FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
ARG GIT_HASH=
ARG SOURCE_DATE_EPOCH=
RUN npm run --silent build:binary
RUN mkdir -p /empty/var/lib/pegel

# The binary needs glibc 2.17 or newer and nothing else (libc, libm, libdl, libpthread): distroless/base has it, and the
# certificates of the authorities for cc-backend and NATS over TLS. distroless/static has no glibc, distroless/cc more than
# is needed. There is no shell.
FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /src/dist-bin/pegel /usr/bin/pegel
COPY --from=build /src/deploy/config.json /etc/pegel/config.json
# A new volume takes over the owner of the directory.
COPY --from=build --chown=65532:65532 /empty/var/lib/pegel /var/lib/pegel
USER 65532:65532
WORKDIR /var/lib/pegel
VOLUME /var/lib/pegel
EXPOSE 8082
# Not well before the samples are loaded. Half an hour is what 100 GB of them may take.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30m CMD ["/usr/bin/pegel", "health", "-config", "/etc/pegel/config.json"]
ENTRYPOINT ["/usr/bin/pegel"]
CMD ["-config", "/etc/pegel/config.json", "-loglevel", "info"]
