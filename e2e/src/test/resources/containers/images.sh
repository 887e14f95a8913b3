#!/bin/bash
# Builds the images "proxy" and "worker" from deploy/docker/Dockerfile, on base images made of this machine's JDK, Maven
# and Debian packages. Nothing is pulled. What has not changed since the last run is taken from there.
#
# Environment: CLONE, WORK (a folder for contexts, kept between runs), JAVA_HOME, and podman's own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
images=localhost/greenroom-check
# One base for a month: newer packages, without making it each time.
debian=$images/debian:$(date +%Y%m)
release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
sources=/etc/apt/sources.list.d/debian.sources
[ -e "$sources" ] || sources=/etc/apt/sources.list

podman image exists "$debian" ||
    mmdebstrap --quiet --variant=apt --mode=root --include=ca-certificates --aptopt='Acquire::Languages "none"' \
        --dpkgopt=force-unsafe-io "$release" - "$sources" | podman import --quiet - "$debian"

# Contexts keep the times of their files, so that an unchanged one is known again.
mkdir -p "$WORK/packages"
cp -p "$here/Dockerfile" "$here/npm" "$WORK"
chmod 755 "$WORK/npm"
[ "$(readlink "$WORK/jdk.of" || true)" = "$JAVA_HOME" ] || {
    rm -rf "$WORK/jdk"
    cp -a "$JAVA_HOME/." "$WORK/jdk"
    rm -rf "$WORK/jdk/jmods" "$WORK/jdk/lib/src.zip"
    ln -sfn "$JAVA_HOME" "$WORK/jdk.of"
}
[ -e "$WORK/maven" ] || cp -rL "$(dirname "$(dirname "$(readlink -f "$(command -v mvn)")")")" "$WORK/maven"
for version in $(sed -n 's/^ARG PLAYWRIGHT_RELEASES="\(.*\)"$/\1/p' "$CLONE/deploy/docker/Dockerfile"); do
    [ -e "$WORK/packages/playwright-core-$version.tgz" ] ||
        (cd "$WORK/packages" && npm pack --silent "playwright-core@$version" >/dev/null)
done

for base in jre build node redis; do
    podman build --quiet --network host --build-arg "DEBIAN=$debian" --target "$base" --tag "$images/$base" "$WORK"
done

# Stages are tagged, too, or their layers would count as garbage below. Maven takes what is in the machine's repository
# already, and writes nothing there.
cd "$CLONE"
for stage in build drivers program proxy worker; do
    podman build --format docker --network host --volume "${MAVEN_REPOSITORY:-$HOME/.m2}:/root/.m2:O" \
        --file deploy/docker/Dockerfile --build-arg "DEBIAN_IMAGE=$debian" --build-arg "JRE_IMAGE=$images/jre" \
        --build-arg "NODE_IMAGE=$images/node" --build-arg "BUILD_IMAGE=$images/build" \
        --target "$stage" --tag "$images/stage-$stage" .
done
podman tag "$images/stage-proxy" greenroom-proxy:0.1.0
podman tag "$images/stage-worker" greenroom-worker:0.1.0
podman image prune --force >/dev/null
