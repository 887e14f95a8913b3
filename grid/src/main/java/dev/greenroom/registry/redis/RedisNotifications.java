package dev.greenroom.registry.redis;

import dev.greenroom.schedule.Subscription;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens to pub/sub on a connection of its own and calls back. Whatever is published while the connection
/// is lost is missed; nobody may depend on it.
final class RedisNotifications implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisNotifications.class);

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

    /// @param link reports an outage of Redis; what is lost besides is reported here
    RedisNotifications(RedisAccess access, ScriptClient link) {
        this.access = access;
        this.connection = new ReconnectingConnection<>(
                "hints", this::open, this::subscribe, Optional.of(() -> !link.isConnected()));
    }

    void start() {
        connection.start();
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

    /// Only to what somebody listens to: a grid's workers have no use for turns.
    private void subscribe(OpenPubSub open) {
        if (turns.count() > 0) {
            subscribe(open, RedisChannels.turns());
        }
        if (orders.count() > 0) {
            subscribe(open, RedisChannels.orders());
        }
        if (ends.count() > 0) {
            subscribe(open, RedisChannels.ends());
        }
    }

    private static void subscribe(OpenPubSub open, String pattern) {
        var _ = open.pubSub().async().psubscribe(pattern).whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.atWarn().addKeyValue("channel", pattern).setCause(failure).log("no hints from Redis");
            }
        });
    }

    private void onMessage(String channel, String message) {
        RedisChannels.sessionsOnTurn(channel, message).forEach(turns::publish);
        RedisChannels.sessionToEnd(channel).ifPresent(ends::publish);
        RedisChannels.orderedWorker(channel).ifPresent(orders::publish);
    }

    private static <T> void notifyListeners(Consumer<T> listener, T what) {
        try {
            listener.accept(what);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("hint", what).setCause(e).log("a listener of the registry failed");
        }
    }
}
