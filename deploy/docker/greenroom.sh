#!/bin/sh
# Starts Greenroom in a container: ./greenroom without the search for a JDK and without the build.
set -eu

home=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
java=${JAVA_HOME:-/opt/java}/bin/java
jar=$home/greenroom.jar
rehearsal=$home/rehearsal.jar
natives=$home/lib/native
aot_cache=$home/greenroom.aot

. "$home/jvm.sh"

# At the image's build: fills the AOT cache, for the class path that starts have, too. Without it everything works all
# the same.
rehearse() {
    "$java" "-Xmx$(jvm_heap proxy)" $jvm_flags -Djava.library.path="$natives" -XX:AOTCacheOutput="$aot_cache" \
        -Xlog:aot=error -cp "$jar:$rehearsal" dev.greenroom.rehearsal.Rehearsal ||
        echo "greenroom: the rehearsal did not go well; starts may take longer" >&2
}

# At the image's build: a worker without Redis unpacks the bundled driver, looks for its browser, and gives up. What it
# says then shows how far it came.
unpack() {
    said=$(REDIS_URL=redis://127.0.0.1:1 REDIS_RETRY_ATTEMPTS=1 REDIS_RETRY_DELAY=0 \
        "$java" $jvm_flags -jar "$jar" worker 2>&1) || true
    # Playwright unpacks its node for the user who unpacks it; workers are another one.
    chmod -R a+rX "$DRIVER_STORE"
    case $said in
        *REDIS_UNREACHABLE*) return ;;
    esac
    if [ "${1:-}" = --need-browser ] || ! ls -d "$DRIVER_STORE"/bundled-*/package >/dev/null 2>&1; then
        echo "$said" >&2
        return 1
    fi
}

case ${1:-} in
    rehearse) rehearse; exit ;;
    unpack) unpack "${2:-}"; exit ;;
esac

[ ! -f "$aot_cache" ] || jvm_flags="$jvm_flags $jvm_cache_flags -XX:AOTCache=$aot_cache"
exec "$java" "-Xmx$(jvm_heap "${1:-}")" $jvm_flags -Djava.library.path="$natives" ${GREENROOM_JAVA_OPTS:-} \
    -cp "$jar:$rehearsal" dev.greenroom.Main "$@"
