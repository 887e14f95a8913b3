package dev.greenroom.bench.browser;

import dev.greenroom.bench.RegistryServer;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/// All targets, running at the same time; those that are not measured are idle.
///
/// @param hosts a grid with another number of driver processes than the default
/// @param otherHosts that number
record BenchTargets(List<BenchTarget> all, BenchTarget hosts, int otherHosts, Deque<Closeable> open)
        implements Closeable {
    static BenchTargets start(BenchSetup setup) throws IOException {
        var open = new ArrayDeque<Closeable>();
        try {
            var all = new ArrayList<BenchTarget>();
            all.add(BenchTarget.connect(BenchTarget.SESSION, up(open, setup, Map.of())));
            all.add(BenchTarget.connect(BenchTarget.SHARED, up(open, setup, Map.of("ISOLATION", "shared"))));
            var redis = RegistryServer.start();
            open.push(redis::close);
            open.push(setup.worker(redis.port())::close);
            var proxy = setup.proxy(redis.port());
            open.push(proxy::close);
            all.add(BenchTarget.connect(BenchTarget.GRID, proxy.said()));
            var bare = setup.bare();
            open.push(bare::close);
            all.add(BenchTarget.connect(BenchTarget.BARE, bare.said()));
            all.add(BenchTarget.launch(setup));
            var other = defaultHosts() == 1 ? 2 : 1;
            var hosts = up(open, setup, Map.of("DRIVER_ISOLATION", "worker", "DRIVER_HOSTS", Integer.toString(other)));
            return new BenchTargets(all, BenchTarget.connect(BenchTarget.HOSTS, hosts), other, open);
        } catch (IOException | RuntimeException e) {
            close(open);
            throw e;
        }
    }

    private static String up(Deque<Closeable> open, BenchSetup setup, Map<String, String> settings) throws IOException {
        var up = setup.up(settings);
        open.push(up::close);
        return up.said();
    }

    /// As `DRIVER_HOSTS=0` has it on this machine.
    static int defaultHosts() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    @Override
    public void close() throws IOException {
        close(open);
    }

    private static void close(Deque<Closeable> open) throws IOException {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }
}
