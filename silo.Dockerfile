# The silo with its Trainer, the dashboard and the console, for compose.yaml, azure.yaml and any other host of containers.
#
#   docker build -f silo.Dockerfile -t orleans-tagging .                                  trains on the CPU
#   docker build -f silo.Dockerfile -t orleans-tagging:cuda --build-arg TorchDevice=cuda .  and on NVIDIA GPUs
#
# It runs as user 10001 on a read-only root. It writes to /cache (artifacts of a container store, at most $TAGGING_CACHE_SIZE, and a folder
# store where there is one) and to /tmp. What is inside is listed in /usr/share/doc/orleans-tagging, with the licences.
#
# Each step is a step of eng/publish.sh; eng/check-image.sh runs them without Docker. Bases are pinned to exact versions; whoever wants to pin
# them to digests too names those: --build-arg Base=debian:13.8-slim@sha256:…
ARG Sdk=mcr.microsoft.com/dotnet/sdk:10.0.401-noble
ARG Node=node:20.20.2-trixie-slim
ARG Base=debian:13.8-slim

# --- The pages for a browser
FROM ${Node} AS dashboard
WORKDIR /src
COPY src/Dashboard/package.json src/Dashboard/package-lock.json src/Dashboard/
RUN cd src/Dashboard && npm ci --omit=dev
COPY eng/publish.sh eng/
COPY src/Dashboard src/Dashboard
RUN eng/publish.sh dashboard /out

# --- The programs
FROM ${Sdk} AS build
ARG TorchDevice=cpu
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 CI=true
WORKDIR /src
# What decides on the packages, so that they are fetched anew only when it changes.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props LICENSE ./
COPY eng/publish.sh eng/
COPY eng/build eng/build
COPY eng/image eng/image
COPY src/Abstractions/Abstractions.csproj src/Abstractions/
COPY src/Audio/Audio.csproj src/Audio/
COPY src/Console/Console.csproj src/Console/
COPY src/Grains/Grains.csproj src/Grains/
COPY src/Labels/Labels.csproj src/Labels/
COPY src/Learning/Learning.csproj src/Learning/
COPY src/Recipe/Recipe.csproj src/Recipe/
COPY src/Silo/Silo.csproj src/Silo/
COPY src/Storage/Storage.csproj src/Storage/
COPY src/Trainer/Trainer.csproj src/Trainer/
RUN eng/publish.sh restore /out "$TorchDevice"
COPY src src
COPY --from=dashboard /src/artifacts/dashboard artifacts/dashboard
RUN eng/publish.sh programs /out "$TorchDevice"
RUN eng/publish.sh bill /out "$TorchDevice"
COPY --from=dashboard /out/bill /out/bill

# --- What runs. The layers go from what changes least to what changes with every commit.
FROM ${Base} AS silo
# What .NET and libsndfile need of the system, and certificates of public authorities.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates libsndfile1 libssl3t64 libstdc++6 tzdata zlib1g \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* \
 && mkdir -p /usr/share/doc/orleans-tagging \
 && dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\n' > /usr/share/doc/orleans-tagging/debian-packages.tsv \
 && groupadd --gid 10001 tagging \
 && useradd --uid 10001 --gid 10001 --home-dir /cache --no-create-home --shell /usr/sbin/nologin tagging \
 && install -d -o 10001 -g 10001 /cache
COPY --from=build /usr/share/dotnet/dotnet /usr/share/dotnet/LICENSE.txt /usr/share/dotnet/ThirdPartyNotices.txt /usr/share/dotnet/
COPY --from=build /usr/share/dotnet/host /usr/share/dotnet/host
COPY --from=build /usr/share/dotnet/shared /usr/share/dotnet/shared
COPY --from=build /out/libtorch /opt/tagging
COPY --from=build /out/libraries /opt/tagging
COPY --from=build /out/bill /usr/share/doc/orleans-tagging
COPY --from=build /out/own /opt/tagging

ENV PATH=/opt/tagging:/usr/share/dotnet:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/cache \
    DOTNET_NOLOGO=1 \
    DOTNET_EnableDiagnostics=0 \
    TAGGING_CACHE=/cache \
    Tagging__HttpUrl=http://0.0.0.0:8080
VOLUME ["/cache"]
# HTTP; silos among themselves; clients.
EXPOSE 8080 11111 30000
USER 10001:10001
WORKDIR /cache
# SIGTERM: jobs are given back, Trainers leave their checkpoints; that takes up to 30 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=4 \
  CMD ["dotnet", "/opt/tagging/silo/OrleansTagging.Silo.dll", "--health"]
ENTRYPOINT ["dotnet", "/opt/tagging/silo/OrleansTagging.Silo.dll"]
