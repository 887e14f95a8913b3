package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Compressed messages, through a proxy that is a process of its own and must not care.
@Timeout(60)
final class BombIT {
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    private static final String AGREED = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    private static final int MEGABYTE = 1024 * 1024;
    private static final int INFLATED_MEGABYTES = 512;
    private static final int RSV1 = 0x40;
    private static final int BINARY = 2;

    private final FaultGrid grid = new FaultGrid(10, 1_000);

    @AfterEach
    void close() throws Exception {
        grid.close();
    }

    private LoneProxy proxy(FakeWorker.Script script) throws Exception {
        grid.register("bomb", grid.closing(FakeWorker.start(script)).port(), 10);
        return LoneProxy.start(grid.redis().port(), List.of(), List.of(), Map.of("MAX_CONCURRENT_SESSIONS", "10"));
    }

    private static FakeWorker.Script echo(String moreLines) {
        return peer -> {
            peer.accept(moreLines);
            while (true) {
                var frame = peer.readFrame();
                var payload = frame.payload().getBytes(StandardCharsets.ISO_8859_1);
                peer.send(
                        frame.opcode() == BINARY
                                ? compressed(RawClient.unmasked(BINARY, payload))
                                : RawClient.unmasked(frame.opcode(), payload));
            }
        };
    }

    /// The same frame, said to be compressed.
    private static byte[] compressed(byte[] frame) {
        frame[0] |= (byte) RSV1;
        return frame;
    }

    /// Half a megabyte of deflated zeros that would be half a gigabyte.
    private static byte[] bomb() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var deflated = new DeflaterOutputStream(bytes, new Deflater(Deflater.BEST_SPEED, true))) {
            var zeros = new byte[MEGABYTE];
            for (var n = 0; n < INFLATED_MEGABYTES; n++) {
                deflated.write(zeros);
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void S22_a_compressed_bomb_passes_as_it_is_and_leaves_the_proxys_memory_flat() throws Exception {
        var bomb = bomb();
        try (var proxy = proxy(echo(AGREED));
                var client = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", DEFLATE))) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ").contains(AGREED);
            client.send(compressed(RawClient.masked(BINARY, new byte[8 * MEGABYTE])));
            client.readFrame();
            var before = proxy.megabytes();

            client.send(compressed(RawClient.masked(BINARY, bomb)));
            var back = client.readFrame();

            assertThat(back.payload()).isEqualTo(new String(bomb, StandardCharsets.ISO_8859_1));
            assertThat(bomb).hasSizeLessThan(INFLATED_MEGABYTES * MEGABYTE / 200);
            assertThat(proxy.megabytes() - before).as("megabytes").isLessThan(32);
            client.socket().close();
            grid.awaitLeases(0, Timing.QUIET);
        }
    }

    @Test
    void S22_a_compressed_message_that_nobody_agreed_on_ends_the_session_with_1002() throws Exception {
        try (var proxy = proxy(echo(""));
                var client = RawClient.connect(proxy.port()).send(RawClient.upgrade("/", DEFLATE))) {
            assertThat(client.readHead()).startsWith("HTTP/1.1 101 ").doesNotContain("Extensions");

            client.send(compressed(RawClient.masked(BINARY, new byte[] {1})));

            assertThat(client.readFrame().closeCode()).isEqualTo(1002);
            await().atMost(Duration.ofSeconds(5)).until(() -> proxy.log().contains("protocol error"));
            client.socket().close();
            grid.awaitLeases(0, Timing.QUIET);
        }
    }
}
