package dev.greenroom.bench.browser;

import java.util.Map;

/// What is measured beside the others.
///
/// @param name in the tables
/// @param way how the client gets a browser there
record Side(String name, Map<String, Object> way) {
    static final String SESSION = "`up`, session";
    static final String SHARED = "`up`, shared";
    static final String HOSTS = "`up`, session, other `DRIVER_HOSTS`";
    static final String GRID = "proxy, worker, Redis";
    static final String BARE = "bare `launchServer`";
    static final String LOCAL = "local launch";

    static Side connect(String name, String url) {
        return new Side(name, Map.of("connect", url));
    }

    static Side launch(Grounds grounds) {
        return new Side(LOCAL, Map.of("launch", grounds.launchOptions()));
    }
}
