package dev.greenroom.e2e.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.process.FreePort;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A grid as it is run in production: a proxy, some workers and a Redis, each a process of its own.
public final class Cluster implements AutoCloseable {
    private static final Duration START_PATIENCE = Duration.ofSeconds(60);
    private static final Duration QUIET_PATIENCE = Duration.ofSeconds(3);
    private static final Duration POLL = Duration.ofMillis(50);

    private final RedisServer redis;
    private final Map<String, String> workerSettings;
    private final Member proxy;
    private final List<Member> moreProxies = new ArrayList<>();
    private final Map<String, String> proxySettings;
    private final List<Member> workers = new ArrayList<>();

    private Cluster(RedisServer redis, Map<String, String> proxySettings, Map<String, String> workerSettings) {
        this.redis = redis;
        this.workerSettings = workerSettings;
        var settings = new TreeMap<>(proxySettings);
        settings.put("REDIS_HOST", "127.0.0.1");
        settings.put("REDIS_PORT", Integer.toString(redis.port()));
        settings.put("BIND_ADDRESS", "127.0.0.1");
        settings.putIfAbsent("SHUTDOWN_GRACE_PERIOD", "3s");
        this.proxySettings = Map.copyOf(settings);
        this.proxy = Member.start("proxy", "proxy", FreePort.find(), settings);
    }

    /// Starts one proxy more, beside the front door, and waits until it is ready.
    public Member addProxy() {
        var name = "proxy " + (moreProxies.size() + 2);
        var added = Member.start(name, "proxy", FreePort.find(), proxySettings);
        moreProxies.add(added);
        awaitReady(added);
        return added;
    }

    /// Starts one and waits until the proxy is ready and every worker is available.
    ///
    /// @param workers how many
    public static Cluster start(int workers, Map<String, String> proxySettings, Map<String, String> workerSettings) {
        var cluster = new Cluster(RedisServer.start(), proxySettings, workerSettings);
        try {
            for (var n = 0; n < workers; n++) {
                cluster.addWorker();
            }
            cluster.awaitProxyReady();
            cluster.awaitAvailableWorkers(workers);
            return cluster;
        } catch (AssertionError | RuntimeException e) {
            cluster.kill();
            throw e;
        }
    }

    /// Starts one worker more.
    public void addWorker() {
        addWorker("127.0.0.1", line -> line);
    }

    /// What a supervisor does: starts a worker again for each that has exited with 0 since the last call.
    ///
    /// @return how many
    public int startAgain() {
        var exited = workers.stream().filter(worker -> !worker.isAlive()).toList();
        for (var worker : exited) {
            assertThat(worker.program().awaitExit(Duration.ZERO))
                    .as("exit code of " + worker.program().name())
                    .isZero();
            worker.kill();
            workers.remove(worker);
            addWorker();
        }
        return exited.size();
    }

    /// How many workers of the registry take sessions, all looked at in the same moment.
    public int availableWorkers() {
        return Integer.parseInt(redis.cli("EVAL", """
                local n = 0
                for _, key in ipairs(redis.call('KEYS', 'worker:chromium:*')) do
                  if redis.call('HGET', key, 'status') == 'available' then n = n + 1 end
                end
                return n
                """, "0"));
    }

    /// Starts one worker more on each of these machines, and waits until they are available and no other.
    public void addWorkersOn(List<RemoteNetwork> machines) {
        redis.cli("CONFIG", "SET", "protected-mode", "no");
        redis.cli(
                "CONFIG",
                "SET",
                "bind",
                "127.0.0.1 " + machines.stream().map(RemoteNetwork::address).collect(Collectors.joining(" ")));
        machines.forEach(machine -> addWorker(machine.address(), machine::command));
        awaitAvailableWorkers(machines.size());
    }

    private void addWorker(String redisHost, UnaryOperator<List<String>> place) {
        var settings = new TreeMap<>(workerSettings);
        settings.put("REDIS_URL", "redis://" + redisHost + ":" + redis.port());
        settings.putIfAbsent("DRAIN_TIMEOUT", "3");
        workers.add(Member.start("worker " + (workers.size() + 1), "worker", FreePort.find(), settings, place));
    }

    private void awaitProxyReady() {
        awaitReady(proxy);
    }

    private static void awaitReady(Member proxy) {
        await("proxy ready")
                .atMost(START_PATIENCE)
                .pollInterval(POLL)
                .ignoreExceptions()
                .failFast("the proxy ended", () -> !proxy.program().isAlive())
                .until(() -> Http.get(proxy.port(), "/health/ready").status() == 200);
    }

    /// Waits until so many workers are registered and available, and no other.
    public void awaitAvailableWorkers(int count) {
        await(count + " workers available")
                .atMost(START_PATIENCE)
                .pollInterval(POLL)
                .failFast(
                        "a worker ended",
                        () -> workers.stream().filter(Member::isAlive).count() < count)
                .until(() -> workerKeys().stream()
                                .filter(key -> redis.cli("HGET", key, "status").equals("available"))
                                .count()
                        == count);
    }

    /// The keys of the registered workers.
    public List<String> workerKeys() {
        return redis.cli("KEYS", "worker:chromium:*")
                .lines()
                .filter(key -> !key.isEmpty())
                .toList();
    }

    /// The worker with an id such as `chromium:abc123`.
    public Member worker(String id) {
        var endpoint = redis.cli("HGET", "worker:" + id, "wsEndpoint");
        return workers.stream()
                .filter(worker -> endpoint.contains(":" + worker.port() + "/"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(id + " has the endpoint '" + endpoint + "', nobody's of ours"));
    }

    /// The id of the worker, such as `chromium:abc123`, that a session runs on.
    public String workerOf(String sessionId) {
        return redis.cli("HGET", "grid:sid", sessionId);
    }

    /// One of the documented counters.
    ///
    /// @param hash for example `cluster:active_connections`
    /// @return by worker id
    public Map<String, Integer> counters(String hash) {
        var lines = redis.cli("HGETALL", hash)
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
        var counters = new TreeMap<String, Integer>();
        for (var n = 0; n + 1 < lines.size(); n += 2) {
            counters.put(lines.get(n), Integer.parseInt(lines.get(n + 1)));
        }
        return counters;
    }

    /// The sum of `cluster:active_connections`.
    public int activeConnections() {
        return counters("cluster:active_connections").values().stream()
                .mapToInt(Integer::intValue)
                .sum();
    }

    /// Waits for the counters to say this many, everywhere that they are shown.
    public void awaitActive(int sessions) {
        awaitActive(sessions, QUIET_PATIENCE);
    }

    /// The same, where something has to heal first.
    public void awaitActive(int sessions, Duration patience) {
        await(sessions + " sessions").atMost(patience).pollInterval(POLL).untilAsserted(() -> {
            assertThat(activeConnections())
                    .as("sum of cluster:active_connections")
                    .isEqualTo(sessions);
            assertThat(redis.cli("ZCARD", "grid:leases")).as("leases").isEqualTo(Integer.toString(sessions));
            assertThat(Http.get(port(), "/metrics")
                            .json()
                            .get("activeConnections")
                            .asInt())
                    .as("activeConnections of /metrics")
                    .isEqualTo(sessions);
        });
    }

    /// Waits until this many slots are held, by the registry alone: for grids that want a token elsewhere.
    public void awaitHeld(int sessions, Duration patience) {
        await(sessions + " sessions").atMost(patience).pollInterval(POLL).untilAsserted(() -> {
            assertThat(redis.cli("ZCARD", "grid:leases")).as("leases").isEqualTo(Integer.toString(sessions));
            assertThat(activeConnections())
                    .as("sum of cluster:active_connections")
                    .isEqualTo(sessions);
        });
    }

    /// The public port.
    public int port() {
        return proxy.port();
    }

    /// The connect string.
    public String url() {
        return "ws://localhost:" + port();
    }

    /// The registry's server.
    public RedisServer redis() {
        return redis;
    }

    /// The front door.
    public Member proxy() {
        return proxy;
    }

    /// In the order of their start, the dead ones too.
    public List<Member> workers() {
        return List.copyOf(workers);
    }

    private void kill() {
        try (redis) {
            proxy.kill();
            moreProxies.forEach(Member::kill);
            workers.forEach(Member::kill);
        }
    }

    /// Asks all to end (SIGTERM) and asserts that those that still ran ended well and left nothing behind,
    /// nor a record.
    @Override
    public void close() {
        try {
            var allWorkersLive = workers.stream().allMatch(Member::isAlive);
            var live = Stream.of(List.of(proxy), moreProxies, workers)
                    .flatMap(List::stream)
                    .filter(Member::isAlive)
                    .toList();
            live.forEach(Member::askToStop);
            live.forEach(Member::assertStopped);
            if (allWorkersLive) {
                assertThat(workerKeys()).as("records of workers that stopped").isEmpty();
            }
        } finally {
            kill();
        }
    }
}
