package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Bytes that are relayed are identical and in order (I12): 256 MiB in a check, 128 each way;
/// `greenroom.relay.mebibytes=1024` for more.
@Timeout(900)
@Tag("check")
class RelayVolumeIT {
    private static final long BYTES_EACH_WAY = Long.getLong("greenroom.relay.mebibytes", 256) * 1024 * 1024 / 2;
    private static final int LARGEST_FRAME_BYTES = 1024 * 1024;
    private static final long PATIENCE_SECONDS = 600;

    private final RelayFixture relays = new RelayFixture();

    /// What takes frames.
    @FunctionalInterface
    private interface Sender {
        void send(byte[] frame) throws IOException;
    }

    @AfterEach
    void end() {
        relays.close();
    }

    @Test
    void random_frames_both_ways_at_once_arrive_as_they_were_sent() throws Exception {
        var fromWorker = new CompletableFuture<String>();
        var atWorker = new CompletableFuture<String>();
        try (var worker = FakeWorker.start(peer -> {
                    peer.accept();
                    Thread.ofPlatform().daemon().start(() -> complete(fromWorker, () -> send(false, 2, peer::send)));
                    complete(atWorker, () -> hash(peer.socket().getInputStream()));
                });
                var server = relays.proxyTo(worker);
                var client = RelayFixture.upgraded(RelayFixture.listen(server))) {
            var atClient = new CompletableFuture<String>();
            Thread.ofPlatform().daemon().start(() -> complete(atClient, () -> hash(client.in())));

            var fromClient = send(true, 1, client::send);

            assertThat(atWorker.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(fromClient);
            assertThat(atClient.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(fromWorker.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    /// Sends frames of random sizes and contents, [#BYTES_EACH_WAY] in all.
    ///
    /// @return the hash of all of it
    private static String send(boolean masked, long seed, Sender to) throws Exception {
        var random = new SplittableRandom(seed);
        var noise = new byte[2 * LARGEST_FRAME_BYTES];
        random.nextBytes(noise);
        var sha = MessageDigest.getInstance("SHA-256");
        for (var left = BYTES_EACH_WAY; left > 0; ) {
            var from = random.nextInt(LARGEST_FRAME_BYTES);
            var payload = Arrays.copyOfRange(noise, from, from + random.nextInt(LARGEST_FRAME_BYTES));
            var frame = masked ? RawClient.masked(2, payload) : RawClient.unmasked(2, payload);
            frame = frame.length <= left ? frame : Arrays.copyOf(frame, (int) left);
            sha.update(frame);
            to.send(frame);
            left -= frame.length;
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static String hash(InputStream in) throws Exception {
        var sha = MessageDigest.getInstance("SHA-256");
        var buffer = new byte[256 * 1024];
        for (var left = BYTES_EACH_WAY; left > 0; ) {
            var read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
            assertThat(read)
                    .as("bytes before the end of the stream, %d are missing", left)
                    .isPositive();
            sha.update(buffer, 0, read);
            left -= read;
        }
        return HexFormat.of().formatHex(sha.digest());
    }

    private static void complete(CompletableFuture<String> future, Callable<String> work) {
        try {
            future.complete(work.call());
        } catch (Exception | AssertionError e) {
            future.completeExceptionally(e);
        }
    }
}
