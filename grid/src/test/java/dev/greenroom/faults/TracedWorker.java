package dev.greenroom.faults;

import dev.greenroom.config.WorkerSections;
import dev.greenroom.config.WorkerSections.PoolSettings;
import dev.greenroom.config.WorkerSections.PoolSettings.DriverIsolation;
import dev.greenroom.config.WorkerSections.PoolSettings.Isolation;
import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.redis.RedisRegistry;
import io.netty.channel.EventLoopGroup;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// A worker as `greenroom worker` has it, whose warm browsers are echoes. As [TracedProxy].
public final class TracedWorker implements IntSupplier, Closeable {
    private final EventLoopGroup loops;
    private final RedisRegistry registry;
    private final EchoWorker worker;

    public TracedWorker(Integer redisPort) throws Exception {
        var transport = Transport.best();
        // More than one, so that a browser's connection may be on another one than its client's.
        loops = transport.newLoops("loop", 2);
        registry = RedisRegistry.connect(
                FaultGrid.settings("127.0.0.1", redisPort), Timing.limits(20, 10_000), Duration.ofSeconds(10));
        worker = EchoWorker.start(withWarmBrowsers(), registry, transport, loops, InstantSource.system());
    }

    private static WorkerSections withWarmBrowsers() {
        var usual = Timing.worker(20, 10_000);
        return new WorkerSections(
                usual.presence(),
                usual.secret(),
                usual.capacity(),
                usual.browser(),
                new PoolSettings(Isolation.SESSION, 4, 1, Duration.ofSeconds(5), DriverIsolation.TENANT, 0, 0),
                usual.memory(),
                usual.driver(),
                usual.sandbox(),
                usual.budgets(),
                usual.relay(),
                usual.drain());
    }

    /// How often its browsers were connected to.
    @Override
    public int getAsInt() {
        return worker.browserConnections();
    }

    @Override
    public void close() throws IOException {
        worker.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
