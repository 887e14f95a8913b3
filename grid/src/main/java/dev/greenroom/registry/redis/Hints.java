package dev.greenroom.registry.redis;

import dev.greenroom.session.Browser;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens to pub/sub on a connection of its own and calls back. Whatever is published while the connection is lost
/// is missed; nobody may depend on it.
final class Hints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Hints.class);

    private final RedisAccess access;
    private final KeptConnection<Subscription> connection = new KeptConnection<>("hints", this::open, this::subscribe);
    private final List<Consumer<Browser>> freed = new CopyOnWriteArrayList<>();
    private final List<Consumer<WorkerId>> orders = new CopyOnWriteArrayList<>();
    private final List<Consumer<SessionId>> turns = new CopyOnWriteArrayList<>();

    private final List<Consumer<SessionId>> ends = new CopyOnWriteArrayList<>();

    private record Subscription(StatefulRedisPubSubConnection<String, String> pubSub) implements KeptConnection.Open {
        @Override
        public StatefulRedisConnection<String, String> connection() {
            return pubSub;
        }
    }

    Hints(RedisAccess access) {
        this.access = access;
    }

    void start() {
        connection.start();
    }

    void onFreed(Consumer<Browser> listener) {
        freed.add(listener);
        connection.open().ifPresent(this::subscribe);
    }

    void onTurn(Consumer<SessionId> listener) {
        turns.add(listener);
        connection.open().ifPresent(this::subscribe);
    }

    void onOrder(Consumer<WorkerId> listener) {
        orders.add(listener);
        connection.open().ifPresent(this::subscribe);
    }

    void onEnd(Consumer<SessionId> listener) {
        ends.add(listener);
        connection.open().ifPresent(this::subscribe);
    }

    @Override
    public void close() {
        connection.close();
    }

    private Subscription open() {
        var opened = access.client().connectPubSub(StringCodec.UTF8, access.address());
        opened.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String pattern, String channel, String message) {
                hear(channel, message);
            }
        });
        return new Subscription(opened);
    }

    /// Only to what somebody listens to: a grid's workers have no use for every freed slot.
    private void subscribe(Subscription open) {
        if (!freed.isEmpty()) {
            subscribe(open, Channels.freed());
        }
        if (!turns.isEmpty()) {
            subscribe(open, Channels.turns());
        }
        if (!orders.isEmpty()) {
            subscribe(open, Channels.orders());
        }
        if (!ends.isEmpty()) {
            subscribe(open, Channels.ends());
        }
    }

    private static void subscribe(Subscription open, String pattern) {
        var _ = open.pubSub().async().psubscribe(pattern).whenComplete((_, failure) -> {
            if (failure != null) {
                LOG.atWarn().addKeyValue("channel", pattern).setCause(failure).log("no hints from Redis");
            }
        });
    }

    private void hear(String channel, String message) {
        Channels.freedBrowser(channel).ifPresent(browser -> freed.forEach(listener -> tell(listener, browser)));
        Channels.sessionsOnTurn(channel, message)
                .forEach(session -> turns.forEach(listener -> tell(listener, session)));
        Channels.sessionToEnd(channel).ifPresent(session -> ends.forEach(listener -> tell(listener, session)));
        Channels.orderedWorker(channel).ifPresent(worker -> orders.forEach(listener -> tell(listener, worker)));
    }

    private static <T> void tell(Consumer<T> listener, T what) {
        try {
            listener.accept(what);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("hint", what).setCause(e).log("a listener of the registry failed");
        }
    }
}
