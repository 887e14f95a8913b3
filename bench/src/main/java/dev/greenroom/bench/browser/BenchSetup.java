package dev.greenroom.bench.browser;

import com.microsoft.playwright.impl.driver.jar.DriverJar;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/// What all targets use: the program, the browser, and the Playwright and Node.js of the program's driver.
///
/// @param checkout the tree of the grid that is measured
/// @param browser the program of the browser
/// @param folder for temporary files
record BenchSetup(Path checkout, Path browser, Path folder) {
    static final JsonMapper JSON = new JsonMapper();

    static BenchSetup prepare(Path checkout, Path browser) throws IOException, URISyntaxException {
        var folder = Files.createTempDirectory("browser-bench");
        DriverJar.installDriverTo(folder.resolve("driver"));
        for (var script : List.of("sessions.js", "bare.js", "attacks.js", "victim.js")) {
            try (var source = Objects.requireNonNull(BenchSetup.class.getResourceAsStream(script), script)) {
                Files.copy(source, folder.resolve(script), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return new BenchSetup(checkout, browser, folder);
    }

    /// The same with the grid of another checkout.
    BenchSetup with(Path otherCheckout) {
        return new BenchSetup(otherCheckout, browser, folder);
    }

    /// Whether this grid has the setting: an older one may not.
    boolean has(String setting) throws IOException {
        return Files.readString(checkout.resolve("docs/configuration.md")).contains("`" + setting + "`");
    }

    /// The commit of the grid that is measured.
    String commit() throws IOException {
        return firstLine("git", "-C", checkout.toString(), "rev-parse", "--short", "HEAD");
    }

    String browserVersion() throws IOException {
        return firstLine(browser.toString(), "--version");
    }

    private static String firstLine(String... command) throws IOException {
        try (var answer = new ProcessBuilder(command).start().inputReader()) {
            var line = answer.readLine();
            return line == null ? "unknown" : line.strip();
        }
    }

    String node() {
        return folder.resolve("driver", "node").toString();
    }

    Path core() {
        return folder.resolve("driver", "package");
    }

    String playwright() throws IOException {
        return JSON.readTree(Files.readString(core().resolve("package.json")))
                .path("version")
                .asString();
    }

    /// The same options as the program's. All targets run as root, where Chromium has no sandbox.
    Map<String, Object> launchOptions() {
        return Map.of("executablePath", browser.toString(), "headless", true, "chromiumSandbox", false);
    }

    /// `greenroom up`, as a user starts it.
    BenchProcess up(Map<String, String> settings) throws IOException {
        var environment = settings(settings);
        var port = freePort();
        environment.put("PORT", Integer.toString(port));
        return BenchProcess.start(
                List.of(program(), "up"),
                environment,
                line -> line.contains("await chromium.connect(")
                        ? Optional.of("ws://127.0.0.1:" + port)
                        : Optional.empty());
    }

    /// `greenroom proxy`.
    BenchProcess proxy(int redisPort) throws IOException {
        return proxy(redisPort, Map.of());
    }

    BenchProcess proxy(int redisPort, Map<String, String> more) throws IOException {
        var port = freePort();
        var environment = settings(Map.of("REDIS_HOST", "127.0.0.1", "REDIS_PORT", Integer.toString(redisPort)));
        environment.putAll(more);
        environment.putAll(Map.of("PORT", Integer.toString(port), "LOG_LEVEL", "info"));
        return BenchProcess.start(
                List.of(program(), "proxy"), environment, line -> Optional.of("ws://127.0.0.1:" + port));
    }

    /// `greenroom worker`.
    BenchProcess worker(int redisPort) throws IOException {
        return worker(redisPort, freePort(), Map.of());
    }

    /// An empty value means the default of the setting.
    BenchProcess worker(int redisPort, int port, Map<String, String> more) throws IOException {
        var environment = settings(Map.of("REDIS_HOST", "127.0.0.1", "REDIS_PORT", Integer.toString(redisPort)));
        environment.putAll(Map.of("PORT", Integer.toString(port), "LOG_LEVEL", "info"));
        environment.putAll(more);
        environment.values().removeIf(String::isEmpty);
        return BenchProcess.start(List.of(program(), "worker"), environment, Optional::of);
    }

    /// A plain browser server of Playwright.
    BenchProcess bare() throws IOException {
        var options = JSON.writeValueAsString(launchOptions());
        var script = folder.resolve("bare.js").toString();
        return BenchProcess.start(
                List.of(node(), script, core().toString(), options),
                Map.of(),
                line -> line.startsWith("ws://") ? Optional.of(line) : Optional.empty());
    }

    private String program() {
        return checkout.resolve("greenroom").toString();
    }

    private Map<String, String> settings(Map<String, String> more) {
        var all = new HashMap<>(Map.of(
                "BROWSER_EXECUTABLE", browser.toString(),
                "BROWSER_USER", "same",
                "DRIVER_STORE", folder.resolve("store").toString(),
                "LOG_LEVEL", "warn",
                "MAX_CONCURRENT_SESSIONS", "12",
                "MAX_LIFETIME_SESSIONS", "1000000"));
        all.putAll(more);
        return all;
    }

    static int freePort() throws IOException {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }
}
