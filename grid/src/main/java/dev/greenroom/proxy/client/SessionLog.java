package dev.greenroom.proxy.client;

import dev.greenroom.net.relay.Relay.RelayResult;
import dev.greenroom.proxy.client.ClientConnection.ClientRequest;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.WorkerId;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// Writes one log line per session, at its end. Thread-safe.
public final class SessionLog {
    private static final Logger LOG = LoggerFactory.getLogger(SessionLog.class);

    /// How long each phase of a connect took.
    ///
    /// @param queueNanos in the queue for a slot
    /// @param selectNanos asking the registry for the slot
    /// @param dialNanos until a worker was reached, failed attempts included
    /// @param upgradeNanos from there to the worker's 101
    /// @param tries workers that were dialled, usually 1
    public record Connect(long queueNanos, long selectNanos, long dialNanos, long upgradeNanos, int tries) {
        /// Before the first phase.
        public static final Connect NONE = new Connect(0, 0, 0, 0, 0);

        /// With the times of another granted slot.
        public Connect selected(long moreQueueNanos, long moreSelectNanos) {
            return new Connect(
                    queueNanos + moreQueueNanos, selectNanos + moreSelectNanos, dialNanos, upgradeNanos, tries);
        }

        /// With another dialled worker.
        public Connect dialled(long moreDialNanos) {
            return new Connect(queueNanos, selectNanos, dialNanos + moreDialNanos, upgradeNanos, tries + 1);
        }

        /// With the time of the last worker's handshake, which counted as dialling so far.
        public Connect upgraded(long lastUpgradeNanos) {
            return new Connect(queueNanos, selectNanos, dialNanos - lastUpgradeNanos, lastUpgradeNanos, tries);
        }
    }

    /// Logs the end of a session that was relayed.
    public void ended(
            ClientConnection client,
            ClientRequest request,
            WorkerId worker,
            Connect connect,
            Timed<RelayResult> relayed) {
        var ending = relayed.value().ending();
        var traffic = relayed.value().traffic();
        var line = line(client, "SESSION_ENDED")
                .addKeyValue("worker", worker)
                .addKeyValue("browser", worker.browser())
                .addKeyValue("protocol", client.protocol().wireName())
                .addKeyValue(
                        "playwright",
                        request.version().map(PlaywrightVersion::toString).orElse("unknown"))
                .addKeyValue("ending", ending.cause().words());
        line = with(line, "closeCode", ending.close().map(SessionEnding.Close::code));
        line = with(line, "closeReason", ending.close().map(SessionEnding.Close::reason));
        line.addKeyValue("queueMs", millis(connect.queueNanos()))
                .addKeyValue("selectMs", millis(connect.selectNanos()))
                .addKeyValue("dialMs", millis(connect.dialNanos()))
                .addKeyValue("upgradeMs", millis(connect.upgradeNanos()))
                .addKeyValue("tries", connect.tries())
                .addKeyValue("totalMs", millis(relayed.nanos()))
                .addKeyValue("bytesFromClient", traffic.bytesFromClient())
                .addKeyValue("bytesFromWorker", traffic.bytesFromWorker())
                .addKeyValue("messagesFromClient", traffic.messagesFromClient())
                .addKeyValue("messagesFromWorker", traffic.messagesFromWorker())
                .log("Session ended");
    }

    /// Logs a client that was refused.
    ///
    /// @param status the HTTP status of the answer
    public void refused(ClientConnection client, Timed<Refusal> refusal, int status) {
        var line = line(client, "SESSION_REFUSED")
                .addKeyValue("status", status)
                .addKeyValue("refusal", refusal.value().kind())
                .addKeyValue("totalMs", millis(refusal.nanos()));
        line = with(line, "detail", refusal.value().detail());
        line.log("Session refused");
    }

    /// Logs a client that hung up before it had an answer.
    public void left(ClientConnection client, long nanos) {
        line(client, "CLIENT_LEFT")
                .addKeyValue("totalMs", millis(nanos))
                .log("Client disconnected before its session began");
    }

    private LoggingEventBuilder line(ClientConnection client, String code) {
        var line = LOG.atInfo()
                .addKeyValue("code", code)
                .addKeyValue("sessionId", client.session())
                .addKeyValue("remote", client.remote().getAddress().getHostAddress());
        line = with(with(line, "tenant", client.tenant()), "requestId", client.ownRequestId());
        var labels = client.labels();
        line = with(line, "name", Optional.of(labels.name()).filter(name -> !name.isEmpty()));
        return with(line, "labels", Optional.of(labels.labelText()).filter(text -> !text.isEmpty()));
    }

    private static LoggingEventBuilder with(LoggingEventBuilder line, String key, Optional<?> value) {
        return value.isPresent() ? line.addKeyValue(key, value.get()) : line;
    }

    private static double millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos) / 1_000.0;
    }

    /// A value, and the time since the client's request was read.
    public record Timed<T>(T value, long nanos) {}
}
