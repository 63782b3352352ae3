# The command line with git, for jobs that shall not install it:
#   docker build --tag registry.example.com/tools/aviary:0.1.0 . && docker push registry.example.com/tools/aviary:0.1.0
#   aviary ci gitlab --image registry.example.com/tools/aviary:0.1.0 --no-install --command aviary
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm pack --pack-destination /tmp

FROM node:24-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates git openssh-client && rm -rf /var/lib/apt/lists/*
COPY --from=build /tmp/cdk8s-aviary-*.tgz /tmp/aviary.tgz
RUN npm install --global /tmp/aviary.tgz cdk8s constructs cdk8s-plus-25 && rm /tmp/aviary.tgz
USER node
WORKDIR /work
CMD ["aviary", "--help"]
