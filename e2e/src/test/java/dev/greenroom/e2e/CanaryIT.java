package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.e2e.grid.Cluster;
import dev.greenroom.e2e.wire.HeldSession;
import dev.greenroom.e2e.wire.Http;
import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// A mark in every secret that goes in, and a search in everything that comes out.
class CanaryIT {
    private static final String MARK = Canary.mark();
    private static final String TOKEN = MARK + "-token-0123456789";
    private static final List<String> PATHS =
            List.of("/metrics", "/v1/workers", "/v1/overview", "/v1/capacity", "/v1/sessions", "/nowhere");
    private static final String OPTIONS = "{\"proxy\":{\"server\":\"http://127.0.0.1:9\",\"username\":\"" + MARK
            + "-user\",\"password\":\"" + MARK + "-password\"}}";

    @Test
    void S26_no_secret_comes_out_anywhere() throws Exception {
        var secret = Files.createTempFile("secret", "");
        Files.writeString(secret, MARK + "-of-the-grid");
        var proxySettings = Map.of(
                "AUTH_TOKENS",
                "ci:" + TOKEN + " scope=connect+read+admin",
                "WORKER_SECRET_FILE",
                secret.toString(),
                "REDIS_USERNAME",
                "default",
                "REDIS_PASSWORD",
                MARK + "-of-redis",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://otel:" + MARK + "@127.0.0.1:9",
                "OTEL_EXPORTER_OTLP_HEADERS",
                "x-key=" + MARK,
                "OTEL_BSP_SCHEDULE_DELAY",
                "50",
                "LOG_LEVEL",
                "debug");
        var workerSettings = Map.of("WORKER_SECRET_FILE", secret.toString(), "LOG_LEVEL", "debug");
        List<String> seen = new ArrayList<>();
        try (var cluster = Cluster.start(1, proxySettings, workerSettings)) {
            var bearer = "Authorization: Bearer " + TOKEN;
            var session = HeldSession.open(cluster.port(), bearer, "Cookie: " + MARK, Http.PLAYWRIGHT);
            seen.add(session.answer().toString());
            for (var path : PATHS) {
                seen.add(Http.get(cluster.port(), path + "?token=" + TOKEN).toString());
                seen.add(Http.get(cluster.port(), path + "?token=" + MARK + "-that-is-wrong")
                        .toString());
            }
            seen.addAll(commandLines());
            session.close();
            seen.add(Http.connect(cluster.port(), "/?token=" + TOKEN + "&browser=lynx&x=" + MARK)
                    .toString());
            var option = encoded("{\"" + MARK + "\":1");
            seen.add(Http.connect(cluster.port(), "/?token=" + TOKEN + "&launch-options=" + option)
                    .toString());
            try (var wish = HeldSession.open(
                    cluster.port(),
                    bearer,
                    Http.PLAYWRIGHT,
                    "x-playwright-launch-options: " + OPTIONS,
                    "x-playwright-proxy: " + MARK + ".test")) {
                seen.addAll(commandLines());
                seen.add(registry(cluster));
                assertThat(wish.answer().status()).isEqualTo(101);
            }
            await().until(() -> cluster.activeConnections() == 0);
            seen.add(cluster.proxy().program().out().text());
            seen.add(cluster.proxy().program().err().text());
            seen.add(cluster.workers().getFirst().program().out().text());
            seen.add(cluster.workers().getFirst().program().err().text());
            assertThat(String.join("", seen)).as("what was searched").contains("SESSION_ENDED", "Effective settings");
        } finally {
            Files.delete(secret);
        }

        assertThat(seen).noneMatch(text -> text.contains(MARK));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /// All that Redis holds, as it would be on a disk.
    private static String registry(Cluster cluster) throws IOException {
        cluster.redis().cli("CONFIG", "SET", "rdbcompression", "no");
        cluster.redis().cli("SAVE");
        var dump = Files.readString(cluster.redis().folder().resolve("dump.rdb"), StandardCharsets.ISO_8859_1);
        assertThat(dump).contains("grid:leases");
        return dump;
    }

    /// Of every process of this machine.
    private static List<String> commandLines() throws IOException {
        List<String> lines = new ArrayList<>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : processes) {
                try {
                    lines.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
                } catch (IOException _) {
                    // It has ended.
                }
            }
        }
        return lines;
    }
}
