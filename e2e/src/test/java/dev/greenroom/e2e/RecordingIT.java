package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import dev.greenroom.e2e.wire.Http;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Videos of sessions of stock clients.
class RecordingIT {
    private static final String OWN = "own-token-0123456789";
    private static final String STRANGER = "stranger-token-01234";

    @TempDir
    private Path recordings;

    @ParameterizedTest
    @CsvSource({"playwright, 1.40.0, ''", "puppeteer, 25.16.0, /cdp"})
    void a_session_is_recorded_and_its_video_is_there_for_its_tenant_also_when_the_grid_has_been_started_again(
            String client, String version, String path) {
        String session;
        try (var grid = grid(Map.of())) {
            var seen = run(grid, client, version, path + "?name=recorded&record=video", "close");

            session = seen.at("/id").asString();
            assertThat(seen.at("/running").asInt()).isEqualTo(409);
            assertThat(seen.at("/status").asInt()).isEqualTo(200);
            assertThat(seen.at("/type").asString()).isEqualTo("video/webm");
            assertThat(seen.at("/width").asInt()).isEqualTo(1280);
            assertThat(seen.at("/seconds").asDouble()).isBetween(1.0, 60.0);
            assertThat(seen.at("/colour").asString()).isEqualTo("0 2 0");
            assertThat(seen.at("/stranger").asInt()).isEqualTo(404);
        }
        try (var later = grid(Map.of())) {
            var again = run(later, client, version, path + "?name=recorded&record=off", "close");

            assertThat(again.at("/status").asInt()).isEqualTo(404);
            assertThat(Http.get(later.port(), "/v1/sessions/" + session + "/recording", "Authorization: Bearer " + OWN)
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void by_default_only_what_failed_is_kept_if_the_grid_says_so() {
        try (var grid = grid(Map.of("RECORD_SESSIONS", "failed"))) {
            var closed = run(grid, "playwright", "1.65.1", "?name=recorded", "close");
            var ended = run(grid, "playwright", "1.65.1", "?name=recorded", "end");
            var unseen = run(grid, "playwright", "1.65.1", "?name=recorded&view=off", "end");

            assertThat(closed.at("/status").asInt()).isEqualTo(404);
            assertThat(ended.at("/status").asInt()).isEqualTo(200);
            assertThat(unseen.at("/status").asInt()).isEqualTo(404);
        }
    }

    private UpGrid grid(Map<String, String> more) {
        var settings = new HashMap<>(more);
        settings.put("RECORDINGS_DIR", recordings.toString());
        settings.put(
                "AUTH_TOKENS",
                "team:" + OWN + " scope=connect+read+view+admin,other:" + STRANGER + " scope=connect+view");
        return UpGrid.start(settings);
    }

    private static JsonNode run(UpGrid grid, String client, String version, String query, String ending) {
        var node = client.equals("puppeteer") ? NodeClient.puppeteer(version) : NodeClient.of(version);
        return node.run(
                "record.mjs",
                "ws://127.0.0.1:" + grid.port() + query + "&token=" + OWN,
                Map.of(
                        "client",
                        client,
                        "ending",
                        ending,
                        "api",
                        "http://127.0.0.1:" + grid.port(),
                        "tokens",
                        Map.of("own", OWN, "stranger", STRANGER)));
    }
}
