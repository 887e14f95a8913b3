package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.registry.RegistryFixtures;
import dev.greenroom.registry.SessionList.EndedSession;
import dev.greenroom.registry.SessionList.LiveSession;
import dev.greenroom.registry.WorkerRecord.WorkerStatus;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionCall.CallAnswer;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.Canary;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a token shows of the grid and of the sessions of its own tenant and others: the table in SECURITY.md.
final class WhoSeesWhatTest {
    private static final List<String> SCOPES =
            List.of("connect", "read", "read+read-all", "admin", "view", "view+read-all");

    private static final Map<String, String> TOKENS = SCOPES.stream()
            .collect(Collectors.toMap(
                    scope -> scope, scope -> Canary.secret(scope.replace('+', '-')), (a, _) -> a, LinkedHashMap::new));

    private OpsFixture grid;
    private SessionId own;
    private SessionId other;

    @BeforeEach
    void open() throws Exception {
        grid = OpsFixture.withTokens(TOKENS.entrySet().stream()
                .map(it -> "team:" + it.getValue() + " scope=" + it.getKey())
                .collect(Collectors.joining("\n")));
        grid.workers =
                (_, _, _, _) -> new CallAnswer(200, new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8)));
        grid.beat(BrowserType.CHROMIUM, "a", WorkerStatus.AVAILABLE);
        own = running("team");
        other = running("another");
    }

    @AfterEach
    void close() {
        grid.close();
    }

    @ParameterizedTest
    @CsvSource({
        // connect, read, read+read-all, admin, view, view+read-all
        "/metrics,                   403 200 200 200 403 403",
        "/v1/overview,               403 200 200 200 403 403",
        "/v1/workers,                403 200 200 200 403 403",
        "/v1/sessions,               403 200 200 200 403 403",
        "/v1/sessions/{own},         403 200 200 200 403 403",
        "/v1/sessions/{other},       403 404 200 200 403 403",
        "/v1/sessions/{own}/timeline,   403 200 200 200 403 403",
        "/v1/sessions/{other}/timeline, 403 404 200 200 403 403",
        "/v1/sessions/{own}/pages,   403 403 403 403 200 200",
        "/v1/sessions/{other}/pages, 403 403 403 403 404 200",
    })
    void S37_a_token_shows_what_its_scopes_allow(String path, String expected) throws Exception {
        var asked = path.replace("{own}", own.toString()).replace("{other}", other.toString());

        var statuses = new StringBuilder();
        for (var scope : SCOPES) {
            statuses.append(grid.get(asked, authorization(scope)).statusCode()).append(' ');
        }

        assertThat(statuses.toString().strip()).isEqualTo(expected);
    }

    @Test
    void S37_a_list_has_the_sessions_of_the_own_tenant_and_with_read_all_those_of_all() throws Exception {
        assertThat(listed("read", "")).containsExactly(own.toString());
        assertThat(listed("read", "?tenant=another")).isEmpty();
        assertThat(listed("read+read-all", "")).containsExactlyInAnyOrder(own.toString(), other.toString());
        assertThat(listed("read+read-all", "?tenant=another")).containsExactly(other.toString());
        assertThat(listed("admin", "")).containsExactlyInAnyOrder(own.toString(), other.toString());
    }

    @Test
    void S37_the_same_holds_for_sessions_that_have_ended() throws Exception {
        var mine = ended("team");
        var others = ended("another");

        assertThat(listed("read", "?state=ended")).containsExactly(mine);
        assertThat(listed("read", "?state=ended&request=" + others)).isEmpty();
        assertThat(listed("read+read-all", "?state=ended")).containsExactly(others, mine);
        assertThat(grid.get("/v1/sessions/" + mine, authorization("read")).statusCode())
                .isEqualTo(200);
        assertThat(grid.get("/v1/sessions/" + others, authorization("read")).statusCode())
                .isEqualTo(404);
        assertThat(grid.get("/v1/sessions/" + others, authorization("admin")).statusCode())
                .isEqualTo(200);
    }

    /// Its client's request has the id of the session.
    private String ended(String tenant) {
        var id = RegistryFixtures.session();
        var client = new LiveSession.Client(Optional.empty(), "10.0.0.9", tenant);
        var session = new LiveSession(id, new WorkerId(BrowserType.CHROMIUM, "a"), "proxy-1:8080", client);
        var none = Duration.ZERO;
        var ended = new EndedSession(session, id.toString(), id.madeAt(), "operator", "", none, none, 0, 0);
        grid.registry.sessions().keepEnded(List.of(ended), Duration.ofHours(1), 10);
        return id.toString();
    }

    private List<String> listed(String scope, String query) throws Exception {
        var body = grid.json("/v1/sessions" + query, authorization(scope));
        return body.at("/sessions")
                .valueStream()
                .map(it -> it.at("/id").asString())
                .toList();
    }

    private static String[] authorization(String scope) {
        return new String[] {"Authorization", "Bearer " + TOKENS.get(scope)};
    }

    private SessionId running(String tenant) {
        var session = grid.lease(BrowserType.CHROMIUM);
        var client = new LiveSession.Client(Optional.empty(), "10.0.0.9", tenant);
        var worker = new WorkerId(BrowserType.CHROMIUM, "a");
        grid.registry.sessions().describe(List.of(new LiveSession(session, worker, "proxy-1:8080", client)));
        return session;
    }
}
