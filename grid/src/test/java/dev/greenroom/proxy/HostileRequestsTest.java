package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Requests that were made to break something.
@Timeout(60)
final class HostileRequestsTest {
    private static final String TOKEN = Canary.secret("hostile");
    private static final long SEED = 20_260_728;
    private static final int RANDOM_REQUESTS = 300;
    private static final int END_BYTES = 4;
    private static final int LONGEST_ANSWER = 2_000;

    private final Random random = new Random(SEED);

    @Test
    void S15_S27_hostile_requests_get_short_answers_that_give_nothing_away() throws Exception {
        try (var proxy = ClosedProxy.withTokens("c:" + TOKEN)) {
            var worker = proxy.worker(FakeWorker.echo());
            var place = "127.0.0.1:" + worker.port();

            for (var head : hostile()) {
                try (var client = proxy.send(head)) {
                    var answer = client.readHead();
                    answer += answer.startsWith("HTTP/1.1 101 ") ? "" : client.readAll();

                    assertThat(answer.length()).as(head).isLessThan(LONGEST_ANSWER);
                    assertThat(answer)
                            .as(head)
                            .matches("(?s)HTTP/1\\.1 [1-5]\\d\\d .*")
                            .doesNotContain(TOKEN, place, "/playwright/chromium/one", "java.", "dev.greenroom", "\tat ")
                            .doesNotContain("\r\nX-Injected");
                }
            }

            while (worker.headsWaiting() > 0) {
                assertThat(worker.nextHead()).doesNotContain(TOKEN, "X-Injected", "x-injected");
            }
        }
    }

    private List<String> hostile() {
        List<String> heads = new ArrayList<>();
        for (var value : List.of(
                "%0d%0aX-Injected:%20y",
                "%00",
                "%ff%fe",
                "..%2f..%2fetc",
                "%F0%9F%92%A9",
                "'\"<script>",
                "a".repeat(7_000),
                "chromium%20",
                "%",
                "%zz")) {
            heads.add(upgrade("/?token=" + TOKEN + "&browser=" + value, ""));
            heads.add(upgrade("/?token=" + TOKEN + "&launch-options=" + value, ""));
            heads.add(upgrade("/playwright/" + value + "?token=" + TOKEN, ""));
            heads.add(upgrade("/?token=" + value, ""));
        }
        for (var name : List.of(
                "x-playwright-browser",
                "User-Agent",
                "X-Request-Id",
                "x-playwright-launch-options",
                "x-playwright-proxy",
                "Sec-WebSocket-Extensions",
                "Sec-WebSocket-Protocol",
                "Authorization")) {
            for (var value :
                    List.of("a\rX-Injected: y", "a\nX-Injected: y", "a\u0000b", "é", "{\"a\":", "a, b;c", "")) {
                heads.add(upgrade("/?token=" + TOKEN, name + ": " + value + "\r\n"));
            }
        }
        for (var n = 0; n < RANDOM_REQUESTS; n++) {
            heads.add(mutated(upgrade("/?token=" + TOKEN + "&browser=chromium", "User-Agent: Playwright/1.62.0\r\n")));
        }
        return heads;
    }

    private String mutated(String head) {
        var bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        for (var n = 1 + random.nextInt(3); n > 0; n--) {
            bytes[random.nextInt(bytes.length - END_BYTES)] = (byte) random.nextInt(256);
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String upgrade(String target, String moreLines) {
        return RawClient.upgrade(target, moreLines);
    }
}
