package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.FakeGrid;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.config.CommandSettings.DoctorSettings.Examination;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.RedisSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.WorkerSections.DriverSettings;
import dev.greenroom.registry.Registry.RegistryLimits;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RedisServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;

/// A grid of two workers that is well, until a test does something to it. Redis is real.
final class SickGrid {
    final Map<String, String> environment = new HashMap<>();
    final RedisServer redis = RedisServer.start();
    final FakeGrid api;
    final List<FakeWorker> workers = new ArrayList<>();
    final List<AutoCloseable> others = new ArrayList<>();
    final Path folder;
    Path store;
    Optional<Integer> redisPort;
    Optional<String> user = Optional.empty();
    Optional<Secret> password = Optional.empty();
    DoctorTool.Trial trial = (_, _) -> Optional.empty();
    String url;
    int dividedFor = 1;

    SickGrid(Path folder) throws IOException {
        this.folder = folder;
        this.store = folder;
        this.api = FakeGrid.start();
        this.url = api.url();
        this.redisPort = Optional.of(redis.port());
        environment.put("PLAYWRIGHT_BROWSERS_PATH", "/nowhere");
        ffmpeg("libvpx (codec vp8), libvpx-vp9 (codec vp9)");
        api.on("GET /health/ready", 200, "{\"status\":\"ready\"}");
        api.on(
                "GET /v1/workers",
                200,
                FakeGrid.workers(
                        FakeGrid.worker("chromium:w0", "available", 0, 1),
                        FakeGrid.worker("chromium:w1", "available", 0, 1)));
        api.on("GET /v1/overview", 200, FakeGrid.overview(0, FakeGrid.worker("chromium:w0", "available", 0, 1)));
        for (var n = 0; n < 2; n++) {
            var worker = FakeWorker.start(peer -> peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
            workers.add(worker);
            register("w" + n, "127.0.0.1:" + worker.port());
        }
    }

    /// Registers a worker that is well.
    void register(String name, String address) {
        var key = "worker:chromium:" + name;
        var now = redis.cli("TIME").lines().findFirst().orElseThrow();
        redis.cli(
                "HSET",
                key,
                "id",
                name,
                "browserType",
                "chromium",
                "wsEndpoint",
                "ws://" + address + "/" + Canary.secret("path"));
        redis.cli("HSET", key, "status", "available", "software", "greenroom/1", "heartbeatInterval", "10");
        redis.cli("HSET", key, "lastHeartbeat", now, "maxConcurrent", "1", "incarnation", "i-" + name);
        redis.cli("PEXPIRE", key, "30000");
        redis.cli("HSET", "cluster:active_connections", "chromium:" + name, "0");
        redis.cli("HSET", "cluster:lifetime_connections", "chromium:" + name, "1");
    }

    /// Changes what the first worker says of itself.
    void change(String field, String value) {
        redis.cli("HSET", "worker:chromium:w0", field, value);
    }

    void move(String address) {
        change("wsEndpoint", "ws://" + address + "/" + Canary.secret("path"));
    }

    /// Has a program called ffmpeg found that names these encoders, and no other one.
    void ffmpeg(String encoders) throws IOException {
        var bin = Files.createDirectories(folder.resolve("bin"));
        var program = Files.writeString(bin.resolve("ffmpeg"), "#!/bin/sh\necho '" + encoders + "'\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        environment.put("PATH", bin.toString());
    }

    /// A file that everybody may read.
    String readable(String name) throws IOException {
        var file = Files.writeString(folder.resolve(name), Canary.secret("readable"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        return file.toString();
    }

    /// Limits one of two tokens, and lets so many proxies listen.
    void limitTokens(int proxies) throws InterruptedException {
        environment.put("AUTH_TOKENS", "ci:" + Canary.secret("ci") + " sessions=20,eyes:" + Canary.secret("eyes"));
        for (var n = 0; n < proxies; n++) {
            var limits = new RegistryLimits(1, 10, Duration.ofSeconds(15), Duration.ofSeconds(60));
            var registry = RedisRegistry.connect(redis.settings(), limits, Duration.ofSeconds(10));
            others.add(registry);
            registry.sessions().onEnd(_ -> {});
        }
        Awaitility.await().until(() -> redis.cli("PUBLISH", "grid:end:test", "").equals(Integer.toString(proxies)));
    }

    DoctorTool doctor(boolean strict, boolean json) {
        var settings = new DoctorSettings(
                new GridSettings(url, Optional.empty(), Optional.empty()),
                new RedisSettings(
                        Optional.empty(),
                        redisPort.map(_ -> "127.0.0.1"),
                        redisPort.orElse(6379),
                        redisPort.flatMap(_ -> user),
                        redisPort.flatMap(_ -> password)),
                new DriverSettings(
                        new SupportedVersions.Any(),
                        store,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        Optional.empty()),
                new Examination(strict, false, dividedFor, json));
        return new DoctorTool(settings, environment, (browser, protocol) -> trial.of(browser, protocol));
    }

    void close() throws Exception {
        for (var other : others) {
            other.close();
        }
        for (var worker : workers) {
            worker.close();
        }
        api.close();
        redis.close();
    }
}
