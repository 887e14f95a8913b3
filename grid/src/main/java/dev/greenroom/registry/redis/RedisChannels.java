package dev.greenroom.registry.redis;

import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The pub/sub channels. The scripts publish on them.
final class RedisChannels {
    private static final String ORDERS = "worker:cmd:";
    private static final String TURN = "grid:turn:";
    private static final String END = "grid:end:";

    private RedisChannels() {}

    /// Matches the channels of orders to workers.
    static String orders() {
        return ORDERS + "*";
    }

    /// Matches the channels of sessions whose turn it is.
    static String turns() {
        return TURN + "*";
    }

    /// Matches the channels of sessions that have to end.
    static String ends() {
        return END + "*";
    }

    /// The session that has to end; empty for another channel.
    static Optional<SessionId> sessionToEnd(String channel) {
        return channel.startsWith(END) ? SessionId.of(channel.substring(END.length())) : Optional.empty();
    }

    /// The sessions whose turn it is, as a message names them; none for another channel.
    static List<SessionId> sessionsOnTurn(String channel, String message) {
        return channel.startsWith(TURN)
                ? Arrays.stream(message.split(",", -1))
                        .map(SessionId::of)
                        .flatMap(Optional::stream)
                        .toList()
                : List.of();
    }

    /// The worker that an order is for; empty for another channel.
    static Optional<WorkerId> orderedWorker(String channel) {
        return channel.startsWith(ORDERS) ? WorkerId.of(channel.substring(ORDERS.length())) : Optional.empty();
    }
}
