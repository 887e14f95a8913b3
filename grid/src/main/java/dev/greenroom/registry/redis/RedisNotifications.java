package dev.greenroom.registry.redis;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Subscribes to the pub/sub channels that the scripts publish on, on a connection of its own, and calls
/// listeners. Messages that are published while the connection is lost are missed: nothing may depend on
/// them. Safe for use by many threads.
final class RedisNotifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisNotifications.class);

    private static final String ORDERS = "worker:cmd:";
    private static final String TURNS = "grid:turn:";
    private static final String ENDS = "grid:end:";

    private final RedisAccess access;
    private final ReconnectingConnection<OpenPubSub> connection;
    private final Subscription.Listeners<WorkerId> orders = new Subscription.Listeners<>();
    private final Subscription.Listeners<SessionId> turns = new Subscription.Listeners<>();
    private final Subscription.Listeners<SessionId> ends = new Subscription.Listeners<>();

    private record OpenPubSub(StatefulRedisPubSubConnection<String, String> pubSub)
            implements ReconnectingConnection.Open {
        @Override
        public StatefulRedisConnection<String, String> connection() {
            return pubSub;
        }
    }

    /// @param client reports outages of Redis; only other losses of this connection are reported here
    RedisNotifications(RedisAccess access, ScriptClient client) {
        this.access = access;
        this.connection = new ReconnectingConnection<>(
                "hints", this::open, this::subscribe, Optional.of(() -> !client.isConnected()));
    }

    void start() {
        connection.start();
    }

    /// The patterns of the channels that every grid needs: orders to workers, and turns of queued sessions.
    static List<String> patterns() {
        return List.of(ORDERS + "*", TURNS + "*");
    }

    /// The channel on which a session is told to end.
    static String endChannel(String session) {
        return ENDS + session;
    }

    Subscription onTurn(Consumer<SessionId> listener) {
        return added(turns, listener);
    }

    Subscription onOrder(Consumer<WorkerId> listener) {
        return added(orders, listener);
    }

    Subscription onEnd(Consumer<SessionId> listener) {
        return added(ends, listener);
    }

    private <T> Subscription added(Subscription.Listeners<T> listeners, Consumer<T> listener) {
        var subscription = listeners.add(what -> notifyListeners(listener, what));
        connection.open().ifPresent(this::subscribe);
        return subscription;
    }

    @Override
    public void close() {
        connection.close();
    }

    private OpenPubSub open() {
        var opened = access.client().connectPubSub(StringCodec.UTF8, access.address());
        opened.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String pattern, String channel, String message) {
                onMessage(channel, message);
            }
        });
        return new OpenPubSub(opened);
    }

    /// Subscribes only to channels with listeners: workers do not need turns.
    private void subscribe(OpenPubSub open) {
        if (turns.count() > 0) {
            subscribe(open, TURNS);
        }
        if (orders.count() > 0) {
            subscribe(open, ORDERS);
        }
        if (ends.count() > 0) {
            subscribe(open, ENDS);
        }
    }

    private static void subscribe(OpenPubSub open, String prefix) {
        var pattern = prefix + "*";
        var _ = open.pubSub().async().psubscribe(pattern).whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.atWarn()
                        .addKeyValue("code", "no-hints-from-redis")
                        .addKeyValue("channel", pattern)
                        .setCause(failure)
                        .log("Redis subscription failed");
            }
        });
    }

    private void onMessage(String channel, String message) {
        if (channel.startsWith(TURNS)) {
            for (var session : message.split(",", -1)) {
                SessionId.of(session).ifPresent(turns::publish);
            }
        } else if (channel.startsWith(ENDS)) {
            SessionId.of(channel.substring(ENDS.length())).ifPresent(ends::publish);
        } else if (channel.startsWith(ORDERS)) {
            WorkerId.of(channel.substring(ORDERS.length())).ifPresent(orders::publish);
        }
    }

    private static <T> void notifyListeners(Consumer<T> listener, T what) {
        try {
            listener.accept(what);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("code", "a-listener-of-the-registry-failed")
                    .addKeyValue("hint", what)
                    .setCause(e)
                    .log("Registry listener failed");
        }
    }
}
