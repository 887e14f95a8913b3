package dev.greenroom.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.grid.UpGrid;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// What a session comes to that tries to see and steer another one of its tenant, in the browser that they
/// share, through Chromium's own protocol.
class SharedBrowserIT {
    private static UpGrid grid;

    @BeforeAll
    static void open() {
        grid = UpGrid.start(Map.of("ISOLATION", "shared", "WARM_BROWSERS", "0", "WORKER_SELECT_TIMEOUT", "12"));
    }

    @AfterAll
    static void close() {
        grid.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.40.0", "1.52.0", "1.58.2", "1.62.0", "1.65.1"})
    void S34_a_session_neither_sees_nor_steers_what_is_another_s_in_the_browser_that_they_share(String version) {
        var secret = "victim-" + UUID.randomUUID();

        var answer = NodeClient.of(version).run("shared.mjs", grid.url(), Map.of("secret", secret));

        var own = "[\"" + answer.get("own").asString() + "\"]";
        assertThat(answer.get("lists").valueStream())
                .as("contexts in lists")
                .hasSize(3)
                .allSatisfy(list -> assertThat(list.toString()).isEqualTo(own));
        assertEventsOf(answer.get("events"), own);
        assertThat(answer.get("foreign").properties())
                .hasSizeGreaterThan(30)
                .allSatisfy(command -> assertThat(command.getValue().asString())
                        .as(command.getKey() + ", as for an id that nobody has")
                        .doesNotStartWith("done")
                        .isEqualTo(answer.get("nobody")
                                .path(command.getKey())
                                .asString("No web contents for the given target id")));
        assertThat(answer.get("whole").properties())
                .hasSizeGreaterThan(40)
                .allSatisfy(command -> assertThat(command.getValue().asString())
                        .as(command.getKey())
                        .containsAnyOf("ISOLATION=shared", "is not for clients of a grid"));
        assertUsual(answer.get("usual"));
        assertThat(answer.get("leftBehind").toString())
                .as("a page that the attacker did not close")
                .isEqualTo("{\"listed\":true,\"end\":\"closed\"}");
        assertThat(answer.get("victim").toString())
                .isEqualTo("{\"title\":\"%1$s\",\"width\":640,\"cookies\":[\"%1$s\"],\"open\":true}".formatted(secret));
    }

    private static void assertEventsOf(JsonNode events, String own) {
        assertThat(events.get("contexts").toString()).isEqualTo(own);
        assertThat(events.get("kinds").toString()).contains("targetCreated", "targetDestroyed");
        assertThat(events.get("ofNobody").asInt()).as("sessions of others").isZero();
        assertThat(events.get("foreign").asInt()).isZero();
    }

    private static void assertUsual(JsonNode usual) {
        assertThat(usual.get("attached").asString()).isEqualTo("worker");
        assertThat(usual.get("requested").asString()).startsWith("data:");
        assertThat(usual.get("document").asString()).isEqualTo("#document");
        assertThat(usual.get("product").asString()).contains("Chrome");
        assertThat(usual.get("cookies").toString()).isEqualTo("[\"mine\"]");
        assertThat(Set.of("metrics", "picture", "nodes"))
                .allSatisfy(
                        name -> assertThat(usual.get(name).asBoolean()).as(name).isTrue());
    }
}
