# The image of the programs that run in the cluster: `migrate` (the Job), `data-svc` (the Deployment), `backup` and
# `retention` (CronJobs).

# Releases are built with `--build-arg NODE_IMAGE=pinned`, the stage below. Dependabot moves its line, and no ARG. A cluster whose
# images are loaded has no digest, and some builders take the name of a stage in an argument for an image's (buildah 1.28).
ARG NODE_IMAGE=node:24-alpine
FROM node:24-alpine@sha256:d32cdf619f63fe0471182d08996dd516c6275bb5fd31ae06e55a570bd9e1ad43 AS pinned

FROM ${NODE_IMAGE} AS build
ARG NODE_IMAGE
WORKDIR /src
COPY package.json package-lock.json ./
# Install scripts are not needed to bundle, and none of what is installed here ships.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN NODE_IMAGE="$NODE_IMAGE" npm run build -- migrate data-svc backup retention

FROM ${NODE_IMAGE}
WORKDIR /app
# `migrate` starts migrate.js with its code cache, which this same Node made.
COPY --from=build /src/build/migrate /src/build/migrate.js /src/build/migrate.js.cache /src/build/libpg-query.wasm /src/build/data-svc.js /src/build/backup.js /src/build/retention.js /src/build/source.digest /src/build/sbom.cdx.json /src/build/THIRD-PARTY-LICENSES.txt ./
COPY migrations ./migrations
RUN ln -s /app/migrate /usr/local/bin/migrate && ln -s /app/data-svc.js /usr/local/bin/data-svc \
 && ln -s /app/backup.js /usr/local/bin/backup && ln -s /app/retention.js /usr/local/bin/retention

ENV NODE_ENV=production
# Numeric, so that Kubernetes can tell that it is not root; owns nothing in the image.
USER 10001:10001

ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="diabrisk-data-svc" \
      org.opencontainers.image.description="DiabRisk's schema migrator (migrate), data service (data-svc), backups (backup) and retention (retention)" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# No ENTRYPOINT: a manifest says ["migrate", "up"] or nothing at all.
CMD ["data-svc"]
