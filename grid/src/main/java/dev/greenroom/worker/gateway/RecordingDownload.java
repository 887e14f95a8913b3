package dev.greenroom.worker.gateway;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.server.InboundConnection;
import dev.greenroom.session.SessionId;
import dev.greenroom.worker.recording.Recordings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;

/// Sends recordings to proxies: the length in eight bytes, then the file.
final class RecordingDownload {
    private static final int BLOCK = 1 << 16;
    private static final Duration STALL = Duration.ofSeconds(20);

    private RecordingDownload() {}

    /// Sends the recording of a session. Blocks until it is sent.
    static void serve(InboundConnection proxy, SessionId session, Recordings recordings) throws InterruptedException {
        if (recordings.isUnfinished(session)) {
            proxy.answer(HttpResponse.json(
                    409, "{\"error\":\"the recording is not finished; it is there when the session has ended\"}"));
            return;
        }
        var file = recordings.find(session, proxy.head().query("tenant"));
        if (file.isEmpty()) {
            proxy.answer(HttpResponse.json(404, "{\"error\":\"no such recording\"}"));
            return;
        }
        try (var video = Files.newInputStream(file.get())) {
            var length = Files.size(file.get());
            var stream = proxy.open("application/octet-stream");
            stream.sendAndWait(ByteBuffer.allocate(Long.BYTES).putLong(length).array(), STALL);
            var block = new byte[BLOCK];
            for (var read = video.read(block); read >= 0; read = video.read(block)) {
                if (!stream.sendAndWait(Arrays.copyOf(block, read), STALL)) {
                    stream.close();
                    return;
                }
            }
            stream.end(new byte[0]);
        } catch (IOException e) {
            proxy.answer(HttpResponse.json(404, "{\"error\":\"no such recording\"}"));
        }
    }
}
