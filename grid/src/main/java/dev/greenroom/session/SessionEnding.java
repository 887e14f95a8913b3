package dev.greenroom.session;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// How a session ended. The first cause wins; close code, log line, metric and release derive from it.
///
/// @param cause what happened
/// @param close the close frame that a peer sent, or that is sent to the remaining peers; empty when the
///     connection was lost without one
public record SessionEnding(Cause cause, Optional<Close> close) {
    private static final int MAX_REASON_BYTES = 123;

    private static final int NORMAL = 1000;
    private static final int WITHOUT_CODE = 1005;

    /// How a driver closes the connection of a client of CDP that has closed its browser.
    private static final Close BROWSER_CLOSED = new Close(NORMAL, "closed with Browser.close");

    /// What ended a session. Where the client should reconnect, the reason of its close frame contains
    /// "disconnected", the documented word that clients look for in error texts.
    public enum Cause {
        CLIENT_CLOSED("client closed", 0, ""),
        CLIENT_LOST("client lost", 1001, "client lost"),
        WORKER_CLOSED("worker closed", 0, ""),
        WORKER_LOST("worker lost", 1011, "disconnected: worker lost"),
        BROWSER_CRASHED("browser crashed", 1011, "disconnected: browser crashed"),
        DRIVER_HUNG("driver hung", 1011, "disconnected: driver hung"),
        DRIVER_OUT_OF_MEMORY("driver out of memory", 1011, "disconnected: driver out of memory"),
        DRIVER_ERROR("driver error", 1011, "disconnected: driver error"),
        MESSAGE_REFUSED("message refused", 1008, "message refused"),
        BUDGET_EXCEEDED("budget exceeded", 1008, "budget exceeded"),
        PEER_TIMED_OUT("peer timed out", 1011, "disconnected: peer timed out"),
        WRITE_STALLED("write stalled", 1011, "disconnected: write stalled"),
        PROTOCOL_ERROR("protocol error", 1002, "protocol error"),
        OPERATOR("operator", 1001, "session ended by operator"),
        PROXY_SHUTDOWN("proxy shutdown", 1001, "disconnected: proxy shutting down"),
        WORKER_DRAINING("worker draining", 1001, "disconnected: worker draining"),
        TIME_LIMIT("time limit", 1008, "session time limit"),
        IDLE_LIMIT("idle limit", 1008, "idle limit"),
        INTERNAL_ERROR("internal error", 1011, "internal error");

        /// What a worker tells a proxy in the reason of its close frame.
        private static final Set<Cause> TOLD_BY_WORKERS = EnumSet.of(
                BROWSER_CRASHED,
                DRIVER_HUNG,
                DRIVER_OUT_OF_MEMORY,
                DRIVER_ERROR,
                MESSAGE_REFUSED,
                BUDGET_EXCEEDED,
                IDLE_LIMIT);

        private final String words;
        private final int code;
        private final String reason;

        Cause(String words, int code, String reason) {
            this.words = words;
            this.code = code;
            this.reason = reason;
        }

        /// The words in the log and in metrics.
        public String words() {
            return words;
        }

        /// The cause with these words; empty for unknown ones.
        public static Optional<Cause> ofWords(String words) {
            return Arrays.stream(values())
                    .filter(cause -> cause.words.equals(words))
                    .findFirst();
        }
    }

    /// The content of a WebSocket close frame.
    ///
    /// @param code 1000 to 4999, or 1005 for a frame without a code
    /// @param reason at most 123 bytes of UTF-8
    public record Close(int code, String reason) {}

    /// Whether the client has ended it, as it does with every session. What a proxy ends has another code.
    public boolean isInOrder() {
        return cause == Cause.CLIENT_CLOSED
                && close.filter(it -> it.code() == NORMAL || it.code() == WITHOUT_CODE)
                        .isPresent();
    }

    /// Whether a client of CDP has closed its browser.
    public boolean isBrowserClosed() {
        return close.filter(BROWSER_CLOSED::equals).isPresent();
    }

    /// Whether the client was lost without a close frame, as its proxy sees it or tells its worker.
    public boolean isLossOfClient() {
        return cause == Cause.CLIENT_LOST
                || (cause == Cause.CLIENT_CLOSED && close.equals(of(Cause.CLIENT_LOST).close));
    }

    /// Whether the close frame is one of the grid's own, and not a client's.
    public boolean isOfGrid() {
        return isBrowserClosed()
                || Arrays.stream(Cause.values())
                        .map(grids -> of(grids).close)
                        .anyMatch(its -> its.isPresent() && its.equals(close));
    }

    /// An ending that the grid causes: both peers get its close frame.
    public static SessionEnding of(Cause cause) {
        return new SessionEnding(
                cause, cause.code == 0 ? Optional.empty() : Optional.of(new Close(cause.code, cause.reason)));
    }

    /// The same, with a detail for people in the close frame, cut where the frame is full.
    ///
    /// @param detail safe for the client to read
    public static SessionEnding of(Cause cause, String detail) {
        return new SessionEnding(cause, Optional.of(new Close(cause.code, cut(cause.reason + ": " + detail))));
    }

    private static String cut(String reason) {
        var length = reason.length();
        while (reason.substring(0, length).getBytes(StandardCharsets.UTF_8).length > MAX_REASON_BYTES) {
            length = reason.offsetByCodePoints(length, -1);
        }
        return reason.substring(0, length);
    }

    /// An ending that a worker caused with its close frame, which the client gets unchanged. Its reason says
    /// what happened there.
    public static SessionEnding ofWorker(Close close) {
        if (close.equals(BROWSER_CLOSED)) {
            return of(Cause.CLIENT_CLOSED, close);
        }
        var cause = Cause.TOLD_BY_WORKERS.stream()
                .filter(told -> close.code() == told.code && close.reason().startsWith(told.reason))
                .findFirst();
        return of(cause.orElse(Cause.WORKER_CLOSED), close);
    }

    /// An ending that a driver caused with its close frame, which the client gets unchanged.
    public static SessionEnding ofDriver(Close close) {
        return of(close.equals(BROWSER_CLOSED) ? Cause.CLIENT_CLOSED : Cause.WORKER_CLOSED, close);
    }

    /// An ending that a peer caused with its close frame, which the other peer gets unchanged.
    public static SessionEnding of(Cause cause, Close close) {
        return new SessionEnding(cause, Optional.of(close));
    }
}
