package dev.greenroom.bench.browser;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One of the ways to get a browser that are compared, while it runs.
///
/// @param name in the tables
/// @param access how the client gets a browser there, for `sessions.js`
/// @param process empty where the client launches its browsers itself
record BenchTarget(String name, Map<String, Object> access, Optional<BenchProcess> process) implements AutoCloseable {
    static final String DEFAULT = "default";
    static final String FRESH = "fresh";
    static final String SHARED = "shared";
    static final String BEFORE = "before";
    static final String SERVER = "server";
    static final String LAUNCH = "launch";

    private static final String REUSE = "BROWSER_REUSE";

    /// How a target is started.
    record Starter(String name, String words, ProcessStarter process) {
        BenchTarget start(BenchSetup setup) throws IOException {
            var started = process.start();
            return started.map(it -> new BenchTarget(name, Map.of("connect", it.said()), started))
                    .orElseGet(() -> new BenchTarget(name, Map.of("launch", setup.launchOptions()), started));
        }
    }

    /// Starts the process of a target, if it has one.
    interface ProcessStarter {
        Optional<BenchProcess> start() throws IOException;
    }

    /// A target that is running already; sessions of several tenants in turn.
    static BenchTarget connect(String name, List<String> urls) {
        return new BenchTarget(name, Map.of("connect", urls), Optional.empty());
    }

    /// All of them, in the order of the tables.
    ///
    /// @param before another grid to measure beside
    static List<Starter> all(BenchSetup setup, Optional<BenchSetup> before) throws IOException {
        var all = new ArrayList<Starter>();
        all.add(new Starter(DEFAULT, "`greenroom up`, as it is", () -> Optional.of(setup.up(Map.of()))));
        if (setup.has(REUSE)) {
            all.add(new Starter(
                    FRESH,
                    "`up` with `BROWSER_REUSE=1`: a fresh browser process for every session",
                    () -> Optional.of(setup.up(Map.of(REUSE, "1")))));
        }
        all.add(new Starter(
                SHARED, "`up` with `ISOLATION=shared`", () -> Optional.of(setup.up(Map.of("ISOLATION", "shared")))));
        if (before.isPresent()) {
            var older = before.get();
            all.add(new Starter(
                    BEFORE,
                    "`up` of the older commit " + older.commit() + ", as it is",
                    () -> Optional.of(older.up(Map.of()))));
        }
        all.add(new Starter(
                SERVER,
                "Playwright's `launchServer` with one browser for all, and nothing else",
                () -> Optional.of(setup.bare())));
        all.add(new Starter(LAUNCH, "a local launch for each session", Optional::empty));
        return all;
    }

    /// Of the target, without the client; 0 where the client has all of it.
    double cpuMillis() throws IOException {
        return process.isEmpty() ? 0 : process.get().cpu().millis();
    }

    @Override
    public void close() {
        process.ifPresent(BenchProcess::close);
    }
}
