#!/bin/sh
# Replaces the workers one after the other by workers of the image and settings that the compose files name now. Capacity
# never drops: each time a new worker is started first, and an old one is stopped once the new one is registered. The old
# one drains: its sessions have DRAIN_TIMEOUT to end. Build or pull before.
#
#   ./rolling-update.sh [worker]
#
# Options of docker compose (several files, a project's name) go into its variables: COMPOSE_FILE, COMPOSE_PROJECT_NAME.
set -eu
cd "$(dirname "$0")"

service=${1:-worker}
patience=120 # seconds for a new worker to register

workers() {
    docker compose ps -q "$service"
}

# is_registered CONTAINER: whether proxies send sessions to it.
is_registered() {
    id=$(docker exec "$1" wget -q -O - -T 2 http://127.0.0.1:3131/ 2>/dev/null | sed -n 's/.*"worker":"\([^"]*\)".*/\1/p')
    [ -n "$id" ] && [ "$(docker compose exec -T redis redis-cli HGET "worker:$id" status)" = available ]
}

old=$(workers)
count=$(echo "$old" | grep -c .) || {
    echo "rolling-update: there are no containers of the service $service; start it with docker compose up -d." >&2
    exit 1
}
known=$old
for container in $old; do
    docker compose up -d --no-deps --no-recreate --scale "$service=$((count + 1))" "$service"
    for new in $(workers); do
        case $known in *"$new"*) continue ;; esac
        waited=0
        until is_registered "$new"; do
            waited=$((waited + 1))
            [ "$waited" -le "$patience" ] || {
                echo "rolling-update: the new worker $new has not registered within $patience s. The old ones still" \
                    "run. See: docker logs $new" >&2
                exit 1
            }
            sleep 1
        done
        known="$known $new"
    done
    docker stop "$container"
    docker rm "$container"
done
echo "rolling-update: $count workers replaced."
