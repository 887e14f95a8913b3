package dev.greenroom.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.proxy.access.AccessControl.Verdict;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Tenant;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.LoggedLines;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessControlTest {
    private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
    private static final String TOKEN = Canary.secret("ci");
    private static final String OTHER = Canary.secret("other");

    private long now;

    @ParameterizedTest
    @ValueSource(strings = {"Bearer ", "bearer  ", "basic", "query"})
    void a_token_is_sent_as_a_bearer_as_a_password_or_in_the_query(String how) {
        var access = access("ci:" + TOKEN);
        var password = Base64.getEncoder().encodeToString(("x:" + TOKEN).getBytes(StandardCharsets.UTF_8));

        var verdict = access.authorizeSession(
                switch (how) {
                    case "query" -> head("/?browser=firefox&token=" + TOKEN);
                    case "basic" -> head("/", "Basic " + password);
                    default -> head("/", how + TOKEN);
                },
                HERE);

        assertThat(pass(verdict).tenant().name()).isEqualTo("ci");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/?token=ENCODED        | ",
                "/?token=TOKEN          | ",
                "/?token=HALF           | ",
                "/                      | x:TOKEN",
                "/                      | x:ENCODED",
                "/                      | x:HALF",
                "/                      | TOKEN:",
                "/                      | ENCODED:",
                "/                      | TOKEN"
            })
    void a_token_of_every_allowed_character_is_found_however_clients_write_it(String target, @Nullable String basic) {
        var token = Canary.secret("ci") + "aZ09._~+/=-";
        var access = access("ci:" + token);
        var written =
                Map.of("ENCODED", URLEncoder.encode(token, StandardCharsets.UTF_8), "HALF", token.replace("/", "%2f"));

        var verdict = access.authorizeSession(
                basic == null
                        ? head(replaced(target, token, written))
                        : head("/", "Basic " + base64(replaced(basic, token, written))),
                HERE);

        assertThat(pass(verdict).tenant().name()).isEqualTo("ci");
    }

    private static String replaced(String text, String token, Map<String, String> written) {
        var result = text.replace("TOKEN", token);
        for (var spelling : written.entrySet()) {
            result = result.replace(spelling.getKey(), spelling.getValue());
        }
        return result;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/?token=TWICE", "/?token=BLANK", "Basic x:TWICE", "Basic x:BLANK", "Basic TOKEN:x"})
    void a_token_is_decoded_once_and_a_blank_is_no_plus(String shown) {
        var token = Canary.secret("ci") + "+/=";
        var text = shown.replace("TWICE", token.replace("+", "%252B"))
                .replace("BLANK", token.replace("+", "%20"))
                .replace("TOKEN", token);
        var head = text.startsWith("Basic ")
                ? head("/", "Basic " + base64(text.substring("Basic ".length())))
                : head(text);

        assertThat(access("ci:" + token).authorizeSession(head, HERE))
                .isEqualTo(new Verdict.Refused(new Refusal.Unauthorized()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer SHORTER",
                "Bearer ANOTHER",
                "Bearer TOKEN0",
                "Basic !!!",
                "Basic TOKEN",
                "Digest TOKEN",
                "TOKEN"
            })
    void s1_nobody_comes_in_without_one(String shown) {
        var shorter = TOKEN.substring(0, TOKEN.length() - 1);
        var authorization =
                shown.replace("TOKEN", TOKEN).replace("SHORTER", shorter).replace("ANOTHER", shorter + "I");

        var verdict = access("ci:" + TOKEN).authorizeSession(head("/", authorization), HERE);

        assertThat(verdict).isEqualTo(new Verdict.Refused(new Refusal.Unauthorized()));
    }

    @Test
    void two_authorization_headers_count_as_none() {
        var verdict = access("ci:" + TOKEN).authorizeSession(head("/", "Bearer " + TOKEN, "Bearer " + TOKEN), HERE);

        assertThat(verdict).isEqualTo(new Verdict.Refused(new Refusal.Unauthorized()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"token=TOKEN&token=OTHER", "token=OTHER&token=TOKEN", "token=TOKEN&token=", "token=A&%74oken=B"})
    void two_tokens_in_the_query_that_differ_are_refused_with_the_rule(String query) {
        var access = access("ci:" + TOKEN);

        var verdict = access.authorizeSession(head("/?" + query.replace("TOKEN", TOKEN)), HERE);

        var rule = new Refusal.BadRequest("token is given more than once, with different values; give it once");
        assertThat(verdict).isEqualTo(new Verdict.Refused(rule));
    }

    @Test
    void a_token_may_be_given_twice() {
        var target = "/?token=" + TOKEN + "&token=" + TOKEN;

        assertThat(access("ci:" + TOKEN).authorizeSession(head(target), HERE)).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void s4_of_a_thousand_wrong_tokens_ten_get_401_and_the_others_are_told_to_wait() {
        var access = access("ci:" + TOKEN);

        var refusals = IntStream.range(0, 1_000)
                .mapToObj(n -> access.authorizeSession(head("/", "Bearer guess-number-" + (100_000 + n)), HERE))
                .toList();

        assertThat(refusals.subList(0, FailedTokenLimiter.BURST))
                .containsOnly(new Verdict.Refused(new Refusal.Unauthorized()));
        assertThat(refusals.subList(FailedTokenLimiter.BURST, refusals.size()))
                .containsOnly(new Verdict.Refused(new Refusal.TooManyFailures(7)));
    }

    @Test
    void s4_a_right_token_comes_in_whatever_wrong_ones_its_address_sends() {
        var access = access("ci:" + TOKEN + ",ops:" + OTHER + " scope=admin");

        for (var minute = 0; minute < 2; minute++) {
            for (var n = 0; n <= 2 * FailedTokenLimiter.BURST; n++) {
                access.authorizeSession(head("/", "Bearer a-wrong-token-of-a-neighbour"), HERE);
                now += Duration.ofSeconds(3).toNanos();
            }
            pass(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE)).close();
            assertThat(access.refusal(head("/v1/workers", "Bearer " + OTHER), HERE, Scope.READ))
                    .isEmpty();
            assertThat(access.refusal(head("/v1/workers", "Bearer " + OTHER), HERE, Scope.ADMIN))
                    .isEmpty();
        }
    }

    @Test
    void a_token_is_good_for_its_scopes() {
        var access = access("ci:" + TOKEN + " scope=connect, ops:" + OTHER + " scope=admin");

        assertThat(access.refusal(head("/v1/workers", "Bearer " + TOKEN), HERE, Scope.READ))
                .contains(new Refusal.ScopeMissing("read"));
        assertThat(access.refusal(head("/v1/workers", "Bearer " + OTHER), HERE, Scope.READ))
                .isEmpty();
        assertThat(access.authorizeSession(head("/", "Bearer " + OTHER), HERE))
                .isEqualTo(new Verdict.Refused(new Refusal.ScopeMissing("connect")));
    }

    @Test
    void a_tenant_has_no_more_sessions_than_its_limit_with_all_its_tokens_together() {
        var access = access("ci:" + TOKEN + " sessions=2,ci:" + OTHER + " sessions=2");
        var first = pass(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE));
        var second = pass(access.authorizeSession(head("/", "Bearer " + OTHER), HERE));

        assertThat(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE))
                .isEqualTo(new Verdict.OverLimit(tenant(), new Refusal.QuotaExceeded(1)));
        assertThat(first.tenant().hasNeighbours()).isFalse();

        second.close();
        assertThat(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE)).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void a_tenant_connects_no_more_often_than_its_limit() {
        var access = access("ci:" + TOKEN + " connects=2");
        pass(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE)).close();
        pass(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE)).close();

        assertThat(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE))
                .isEqualTo(new Verdict.OverLimit(tenant(), new Refusal.QuotaExceeded(31)));

        now += Duration.ofSeconds(31).toNanos();
        assertThat(access.authorizeSession(head("/", "Bearer " + TOKEN), HERE)).isInstanceOf(Verdict.Allowed.class);
    }

    @Test
    void host_names_are_checked_without_tokens_and_always_if_they_are_configured() {
        var open = new AccessControl(new AccessSettings(Optional.empty(), List.of(), List.of()), () -> now);
        var closed = access("ci:" + TOKEN);
        var named = new AccessControl(
                new AccessSettings(tokens("ci:" + TOKEN), List.of(), List.of("grid.example")), () -> now);
        var rebound = new RequestHead(
                "GET",
                "/",
                List.of(new HttpHeader("Host", "evil.example"), new HttpHeader("Authorization", "Bearer " + TOKEN)));

        assertThat(open.authorizeSession(rebound, HERE)).isEqualTo(refusedHost("evil.example", false));
        assertThat(closed.authorizeSession(rebound, HERE)).isInstanceOf(Verdict.Allowed.class);
        assertThat(named.authorizeSession(rebound, HERE)).isEqualTo(refusedHost("evil.example", true));
    }

    @Test
    void a_token_file_is_reloaded_when_it_changes_and_an_invalid_one_changes_nothing(@TempDir Path folder)
            throws Exception {
        var file = folder.resolve("tokens");
        var first = "ci:" + TOKEN;
        Files.writeString(file, first);
        var given = new AuthTokens(new Secret(first), Optional.of(file));
        var settings = new AccessSettings(Optional.of(given), List.of(), List.of());
        try (var lines = LoggedLines.of(TokenFileWatcher.class.getName());
                var access = new AccessControl(settings, System::nanoTime)) {
            access.start();

            Files.writeString(file, "ci:" + OTHER);
            Awaitility.await().until(() -> isIn(access, OTHER));
            assertThat(isIn(access, TOKEN)).isFalse();

            Files.writeString(file, "ci:short");
            Awaitility.await().until(() -> lines.withCode("TOKENS_REJECTED").size() == 1);
            Files.delete(file);
            Awaitility.await().until(() -> lines.withCode("TOKENS_REJECTED").size() == 2);
            assertThat(isIn(access, OTHER)).isTrue();

            Files.writeString(file, first);
            Awaitility.await().until(() -> isIn(access, TOKEN));
        }
    }

    private static Verdict refusedHost(String host, boolean withTokens) {
        return new Verdict.Refused(new Refusal.ForeignHost(host, withTokens));
    }

    @Test
    void an_admin_may_make_changes_under_every_host_name_that_serves_sessions() {
        var named = new AccessControl(
                new AccessSettings(tokens("ci:" + TOKEN + " scope=admin"), List.of(), List.of("grid.example")),
                () -> now);
        var hosts = List.of("grid.example", "greenroom-proxy.greenroom.svc:8080", "10.0.0.1", "grid");

        assertThat(hosts)
                .allSatisfy(host -> assertThat(named.refusal(request("POST", host), HERE, Scope.ADMIN))
                        .isEmpty());
        assertThat(named.refusal(request("POST", "evil.example"), HERE, Scope.ADMIN))
                .contains(new Refusal.ForeignHost("evil.example", true));
    }

    private static RequestHead request(String method, String host) {
        return new RequestHead(
                method,
                "/v1/workers/chromium:a/drain",
                List.of(new HttpHeader("Host", host), new HttpHeader("Authorization", "Bearer " + TOKEN)));
    }

    private static boolean isIn(AccessControl access, String token) {
        return access.refusal(head("/v1/workers", "Bearer " + token), HERE, Scope.READ)
                .isEmpty();
    }

    private static Tenant tenant() {
        return new Tenant("ci", OptionalInt.empty(), false);
    }

    private static AccessControl.Pass pass(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Allowed(var pass) -> pass;
            case Verdict.Refused(var why) -> throw new AssertionError(why);
            case Verdict.OverLimit(var _, var why) -> throw new AssertionError(why);
        };
    }

    private AccessControl access(String tokens) {
        return new AccessControl(new AccessSettings(tokens(tokens), List.of(), List.of()), () -> now);
    }

    private static Optional<AuthTokens> tokens(String text) {
        return Optional.of(new AuthTokens(new Secret(text), Optional.empty()));
    }

    private static RequestHead head(String target, String... authorization) {
        List<HttpHeader> headers = new ArrayList<>();
        headers.add(new HttpHeader("Host", "grid:8080"));
        for (var value : authorization) {
            if (!value.isEmpty()) {
                headers.add(new HttpHeader("Authorization", value));
            }
        }
        return new RequestHead("GET", target, headers);
    }
}
