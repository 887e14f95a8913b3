package dev.greenroom.faults;

import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.relay.RelayStarter.RelayTotals;
import dev.greenroom.net.server.Transport;
import dev.greenroom.proxy.ProxyServer;
import dev.greenroom.proxy.client.ClientConnection;
import dev.greenroom.proxy.client.SessionObserver;
import dev.greenroom.registry.redis.RedisRegistry;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import io.netty.channel.EventLoopGroup;
import java.io.Closeable;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// A proxy as `greenroom proxy` has it. Made by [ConnectPathIT] in a class loader of its own, so only JDK
/// types are seen of it: its port.
public final class TracedProxy implements IntSupplier, Closeable {
    private final EventLoopGroup loops;
    private final RedisRegistry registry;
    private final ProxyServer proxy;
    private final int port;

    public TracedProxy(Integer redisPort) throws Exception {
        var transport = Transport.best();
        loops = transport.newLoops("loop", 1);
        registry = RedisRegistry.connect(
                FaultGrid.settings("127.0.0.1", redisPort), Timing.limits(20, 10_000), Duration.ofSeconds(10));
        proxy = new ProxyServer(
                Timing.proxy(),
                registry,
                new SessionIdGenerator(InstantSource.system(), new SecureRandom()),
                transport,
                loops,
                System::nanoTime,
                TracedProxy::began,
                new RelayTotals());
        port = proxy.start(connection -> connection.answer(HttpResponse.json(404, "{}")));
        // What its view of the grid does every second.
        registry.workers();
    }

    /// Reads the request first, as tracing does.
    private static SessionObserver.Visit began(ClientConnection client) {
        client.request();
        return SessionObserver.NONE.began(client);
    }

    @Override
    public int getAsInt() {
        return port;
    }

    @Override
    public void close() {
        proxy.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
