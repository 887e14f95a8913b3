package dev.greenroom.e2e.wishes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `LAUNCH_PROFILE`: fewer processes, and nothing that a client could notice.
class LaunchProfileIT {
    private static final String VERSION = "1.65.1";
    private static final String NETWORK_SERVICE = "--utility-sub-type=network.mojom.NetworkService";
    private static final String ADDED = "NetworkServiceInProcess2";

    /// Beside what Playwright enables itself.
    private static final String ENABLED = ".* --enable-features=CDPScreenshotNewSurface\\S*," + ADDED + " .*";

    @TempDir
    private static Path folder;

    private record Seen(JsonNode answers, List<String> processes) {}

    @Test
    void a_lean_browser_has_one_process_less_and_shows_its_client_the_same_pixel_by_pixel() throws IOException {
        var stock = seen(Map.of("LAUNCH_PROFILE", "stock"));
        var lean = seen(Map.of());
        var open = seen(Map.of("BROWSER_SANDBOX", "false"));

        assertThat(stock.answers())
                .hasToString(lean.answers().toString())
                .hasToString(open.answers().toString());
        assertThat(stock.answers().path("webgl").asString()).startsWith("WebGL 1.0");
        assertThat(stock.answers().path("proxied").asString()).isEqualTo("through the proxy");
        assertThat(stock.answers().path("certificate").asString()).startsWith("localhost 200");
        assertThat(stock.processes())
                .anyMatch(line -> line.contains(NETWORK_SERVICE))
                .noneMatch(line -> line.contains(ADDED));
        assertThat(lean.processes())
                .noneMatch(line -> line.contains(NETWORK_SERVICE))
                .noneMatch(line -> line.contains("--no-sandbox"))
                .anyMatch(line -> line.contains("--type=gpu-process"))
                .anyMatch(line -> line.matches(ENABLED));
    }

    @Test
    void a_browser_that_sessions_share_keeps_its_network_service_apart() throws IOException {
        assertThat(seen(Map.of("ISOLATION", "shared")).processes()).anyMatch(line -> line.contains(NETWORK_SERVICE));
    }

    private static Seen seen(Map<String, String> settings) throws IOException {
        var certificate = folder.resolve("client.crt");
        var key = folder.resolve("client.key");
        TestCertificate.ec().write(certificate, key);
        var files = Map.of("certificate", certificate.toString(), "key", key.toString());
        try (var grid = UpGrid.start(settings)) {
            var answers = NodeClient.of(VERSION).run("profile.mjs", grid.url(), Map.of("files", files));
            return new Seen(answers, commandLines(grid));
        }
    }

    /// Of drivers, browsers and all that these have started.
    private static List<String> commandLines(UpGrid grid) {
        return grid.family().running().stream()
                .map(line -> Long.parseLong(line.substring(0, line.indexOf(' '))))
                .flatMap(process -> ProcessHandle.of(process).stream())
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .map(process -> commandLine(process.pid()))
                .toList();
    }

    private static String commandLine(long process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process), "cmdline"), StandardCharsets.ISO_8859_1)
                    .replace('\0', ' ');
        } catch (IOException _) {
            return ""; // it has ended
        }
    }
}
