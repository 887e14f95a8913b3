package dev.greenroom.bench.browser;

import java.util.List;
import java.util.Map;

/// One of the ways to get a browser that are compared.
///
/// @param name in the tables
/// @param access how the client gets a browser there, for `sessions.js`
record BenchTarget(String name, Map<String, Object> access) {
    static final String SESSION = "`up`, session";
    static final String SHARED = "`up`, shared";
    static final String HOSTS = "`up`, session, other `DRIVER_HOSTS`";
    static final String GRID = "proxy, worker, Redis";
    static final String BARE = "bare `launchServer`";
    static final String LOCAL = "local launch";

    static BenchTarget connect(String name, String url) {
        return new BenchTarget(name, Map.of("connect", url));
    }

    /// Sessions of several tenants in turn.
    static BenchTarget connect(String name, List<String> urls) {
        return new BenchTarget(name, Map.of("connect", urls));
    }

    static BenchTarget launch(BenchSetup setup) {
        return new BenchTarget(LOCAL, Map.of("launch", setup.launchOptions()));
    }
}
