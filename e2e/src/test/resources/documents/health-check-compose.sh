#!/bin/bash
# health-check.sh of the document on maintenance, to the letter, but for the grid's port and node instead of python3.
# Environment: GRID_PORT, SCRIPT (end-to-end.mjs), INPUT (its input).

echo "Checking proxy..."
curl -f http://localhost:$GRID_PORT/metrics || echo "FAIL: Proxy not responding"

echo "Checking Redis..."
docker compose exec -T redis redis-cli PING || echo "FAIL: Redis not responding"

echo "Checking workers..."
WORKERS=$(docker compose exec -T redis redis-cli KEYS "worker:*:*" | wc -l)
echo "Workers registered: $WORKERS"
[ "$WORKERS" -gt 0 ] || echo "FAIL: No workers registered"

echo "End-to-end test..."
node "$SCRIPT" "$INPUT" | grep OK || echo "FAIL: End-to-end connection failed"
