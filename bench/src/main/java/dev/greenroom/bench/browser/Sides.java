package dev.greenroom.bench.browser;

import dev.greenroom.bench.RegistryServer;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/// All sides, running next to each other; what waits for its turn is idle.
///
/// @param otherHosts how many driver processes there are where it is not the default
record Sides(List<Side> all, Side hosts, int otherHosts, Deque<Closeable> open) implements Closeable {
    static Sides start(Grounds grounds) throws IOException {
        var open = new ArrayDeque<Closeable>();
        try {
            var all = new ArrayList<Side>();
            all.add(Side.connect(Side.SESSION, up(open, grounds, Map.of())));
            all.add(Side.connect(Side.SHARED, up(open, grounds, Map.of("ISOLATION", "shared"))));
            var redis = RegistryServer.start();
            open.push(redis::close);
            open.push(grounds.worker(redis.port())::close);
            var proxy = grounds.proxy(redis.port());
            open.push(proxy::close);
            all.add(Side.connect(Side.GRID, proxy.said()));
            var bare = grounds.bare();
            open.push(bare::close);
            all.add(Side.connect(Side.BARE, bare.said()));
            all.add(Side.launch(grounds));
            var other = defaultHosts() == 1 ? 2 : 1;
            var hosts = up(open, grounds, Map.of("DRIVER_HOSTS", Integer.toString(other)));
            return new Sides(all, Side.connect(Side.HOSTS, hosts), other, open);
        } catch (IOException | RuntimeException e) {
            close(open);
            throw e;
        }
    }

    private static String up(Deque<Closeable> open, Grounds grounds, Map<String, String> settings) throws IOException {
        var up = grounds.up(settings);
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
