package dev.greenroom.net.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HeadReader.HeadError;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeadParserTest {
    private static final String GOOD = "GET /a?b=c HTTP/1.1\r\nHost: grid\r\nX-Name:  value \t\r\n\r\n";

    @Test
    void a_good_head_is_read_with_its_values_stripped() {
        var parsed = HeadParser.request(GOOD);

        assertThat(parsed).isInstanceOfSatisfying(HeadParser.Parsed.Head.class, head -> {
            var request = (RequestHead) head.head();
            assertThat(request.method()).isEqualTo("GET");
            assertThat(request.path()).isEqualTo("/a");
            assertThat(request.query("b")).contains("c");
            assertThat(request.header("x-name")).contains("value");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /health HTTP/1.0\r\n\r\n",
                "HEAD /health HTTP/1.0\r\nHost: a\r\n\r\n",
                "GET /health/ready HTTP/1.0\r\nConnection: close\r\n\r\n",
            })
    void health_may_be_asked_for_as_load_balancers_do(String head) {
        assertThat(HeadParser.request(head))
                .isInstanceOfSatisfying(
                        HeadParser.Parsed.Head.class,
                        parsed ->
                                assertThat(((RequestHead) parsed.head()).path()).startsWith("/health"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://grid.example:8080/a?b=c, grid.example:8080, /a?b=c",
        "HTTPS://grid.example, grid.example, /",
        "ws://[::1]:8080?browser=firefox, [::1]:8080, /?browser=firefox",
        "wss://grid/, grid, /"
    })
    void a_target_in_absolute_form_is_read_and_its_host_counts(String target, String host, String path) {
        var parsed = HeadParser.request("GET " + target + " HTTP/1.1\r\nhost: other\r\nX: y\r\n\r\n");

        assertThat(parsed).isInstanceOfSatisfying(HeadParser.Parsed.Head.class, head -> {
            var request = (RequestHead) head.head();
            assertThat(request.values("Host")).containsExactly(host);
            assertThat(request.target()).isEqualTo(path);
            assertThat(request.header("X")).contains("y");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
                "GET /health/deep HTTP/1.0\r\n\r\n",
                "GET /health?a HTTP/1.0\r\n\r\n",
                "POST /health HTTP/1.0\r\n\r\n",
                "GET /health HTTP/1.0\r\nHost:\r\n\r\n",
                "GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET /health HTTP/1.0\r\nContent-Length: 1\r\n\r\n",
                "GET /health HTTP/1.1\r\n\r\n",
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
                "GET1 / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://user@grid/ HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET http://grid/ HTTP/1.1\r\n\r\n",
                "GET http://grid/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET http://grid/ HTTP/1.0\r\nHost: a\r\n\r\n",
                "GET mailto:grid HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\u0001 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost:\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX-A: \u0000\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: a\r\nX(A): 1\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            })
    void what_two_readers_could_understand_differently_is_refused(String head) {
        var parsed = HeadParser.request(head);

        assertThat(parsed)
                .isInstanceOfSatisfying(
                        HeadParser.Parsed.Bad.class,
                        bad -> assertThat(bad.error().status()).isEqualTo(400));
    }

    @Test
    void more_than_64_fields_are_refused() {
        var atLimit = "GET / HTTP/1.1\r\nHost: a\r\n" + "X: 1\r\n".repeat(63) + "\r\n";
        var overLimit = "GET / HTTP/1.1\r\nHost: a\r\n" + "X: 1\r\n".repeat(64) + "\r\n";

        assertThat(HeadParser.request(atLimit)).isInstanceOf(HeadParser.Parsed.Head.class);
        assertThat(HeadParser.request(overLimit)).isEqualTo(new HeadParser.Parsed.Bad<>(HeadError.headTooLarge()));
    }

    @Test
    void the_end_of_a_head_is_found_however_its_bytes_are_cut() {
        var bytes = (GOOD + "rest").getBytes(StandardCharsets.ISO_8859_1);
        for (var cut = 1; cut < GOOD.length(); cut++) {
            var scan = HeadReader.ofRequest();

            var early = scan.scan(Unpooled.wrappedBuffer(bytes, 0, cut));
            var late = scan.scan(Unpooled.wrappedBuffer(bytes));

            assertThat(early).isEqualTo(new HeadReader.ScanResult.More());
            assertThat(late).isEqualTo(new HeadReader.ScanResult.Complete(GOOD.length()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\nHost", "GET / HTTP/1.1\r\r", "\r\nGET /", "GET /\rX"})
    void a_bare_line_ending_is_refused_as_soon_as_it_is_seen(String beginning) {
        var result = HeadReader.ofRequest().scan(Unpooled.copiedBuffer(beginning, StandardCharsets.ISO_8859_1));

        assertThat(result).isInstanceOf(HeadReader.ScanResult.Malformed.class);
    }

    @Test
    void the_limits_hold_to_the_byte() {
        var line = "a".repeat(HeadReader.MAX_LINE_BYTES);
        var head = "GET / HTTP/1.1\r\n" + ("X: " + "a".repeat(1021) + "\r\n").repeat(16);

        assertThat(scan(line)).isEqualTo(new HeadReader.ScanResult.More());
        assertThat(scan(line + "a")).isEqualTo(new HeadReader.ScanResult.Malformed(HeadError.lineTooLong()));
        assertThat(scan("GET / HTTP/1.1\r\n" + line + "a"))
                .isEqualTo(new HeadReader.ScanResult.Malformed(HeadError.headTooLarge()));
        assertThat(scan(head)).isEqualTo(new HeadReader.ScanResult.Malformed(HeadError.headTooLarge()));
    }

    private static HeadReader.ScanResult scan(String bytes) {
        return HeadReader.ofRequest().scan(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    }
}
