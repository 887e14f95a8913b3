package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Refusal.NoSlotReason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RefusalResponsesTest {
    @Test
    void who_is_refused_for_want_of_a_token_hears_how_to_send_one() {
        assertThat(body(new Refusal.Unauthorized()))
                .startsWith("{\"error\":\"unauthorized\",\"hint\":\"")
                .contains("Authorization: Bearer <token>", "?token=<token>");
    }

    @Test
    void who_is_refused_because_redis_is_silent_hears_what_to_do() {
        var answer = RefusalResponses.answer(new Refusal.RegistryUnavailable());

        assertThat(answer.body())
                .startsWith("{\"error\":\"registry unavailable\",\"hint\":\"")
                .contains("Try again after Retry-After", "start Redis or correct REDIS_URL", "greenroom doctor");
        assertThat(answer.headers()).contains(new HttpHeader("Retry-After", "1"));
    }

    @Test
    void who_asks_for_a_browser_that_nobody_serves_hears_which_are_served() {
        assertThat(body(noWorkers(List.of(BrowserType.CHROMIUM))))
                .contains("No worker of firefox came", "the workers of this grid serve chromium")
                .contains("BROWSER_TYPE=firefox, or ask for chromium.");
        assertThat(body(noWorkers(List.of())))
                .contains("no worker is registered at all. Start a worker with BROWSER_TYPE=");
    }

    private static Refusal noWorkers(List<BrowserType> served) {
        return new Refusal.NoSlot(
                NoSlotReason.NO_WORKERS,
                Optional.of(new Refusal.Shortage(0, Duration.ofSeconds(5), BrowserType.FIREFOX, served)));
    }

    @Test
    void a_version_that_no_registry_helps_with_is_told_so() {
        var there = List.of(new PlaywrightVersion(1, 62));

        assertThat(body(new Refusal.NoVersion(new PlaywrightVersion(1, 20), there)))
                .contains("Greenroom serves Playwright from 1.22 on.")
                .doesNotContain("npm");
        assertThat(body(new Refusal.NoVersion(new PlaywrightVersion(1, 99), there)))
                .contains("there is no such release", "NPM_CONFIG_REGISTRY");
    }

    private static String body(Refusal refusal) {
        return RefusalResponses.answer(refusal).body();
    }
}
