package dev.greenroom.net.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.RawClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MalformedHeadsTest {

    @Test
    void every_malformed_head_is_answered_as_it_should_be() {
        var corpus = MalformedHeads.all();

        var wrong = corpus.stream()
                .filter(malformed -> !status(bytes(malformed.head())).equals(Optional.of(malformed.status())))
                .map(malformed -> malformed.what() + " → " + status(bytes(malformed.head())))
                .toList();

        assertThat(wrong).isEmpty();
        assertThat(corpus.size()).isGreaterThan(2_000);
    }

    @Test
    void the_word_that_rod_sends_instead_of_a_key_passes() {
        var head = RawClient.upgrade("/cdp", "").replace(RawClient.KEY, "nil");

        assertThat(head).contains("Sec-WebSocket-Key: nil\r\n");
        assertThat(status(bytes(head))).isEmpty();
    }

    @Test
    void a_malformed_head_is_answered_alike_however_its_bytes_are_cut() {
        var different = MalformedHeads.all().stream()
                .filter(malformed -> !byteByByte(bytes(malformed.head()))
                        .equals(HeadReader.ofRequest().scan(bytes(malformed.head()))))
                .map(MalformedHeads.Malformed::what)
                .toList();

        assertThat(different).isEmpty();
    }

    private static HeadReader.ScanResult byteByByte(ByteBuf head) {
        var scan = HeadReader.ofRequest();
        HeadReader.ScanResult last = new HeadReader.ScanResult.More();
        for (var end = 1; end <= head.readableBytes() && last instanceof HeadReader.ScanResult.More; end++) {
            last = scan.scan(head.slice(0, end));
        }
        return last;
    }

    private static ByteBuf bytes(String head) {
        return Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1);
    }

    /// What a client would be answered; empty for a head that passes.
    private static Optional<Integer> status(ByteBuf head) {
        return switch (HeadReader.ofRequest().scan(head)) {
            case HeadReader.ScanResult.More() -> Optional.empty();
            case HeadReader.ScanResult.Malformed(var error) -> Optional.of(error.status());
            case HeadReader.ScanResult.Complete(var length) ->
                switch (HeadParser.request(head.toString(0, length, StandardCharsets.ISO_8859_1))) {
                    case HeadParser.Parsed.Bad<RequestHead>(var error) -> Optional.of(error.status());
                    case HeadParser.Parsed.Head<RequestHead>(var request) ->
                        UpgradeRequest.check(request) instanceof UpgradeRequest.CheckedUpgrade.Invalid
                                ? Optional.of(400)
                                : Optional.empty();
                };
        };
    }
}
