package dev.greenroom.registry.redis;

import dev.greenroom.config.RedisSettings;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Transports;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/// The address of Redis and the client that both connections share.
record RedisAccess(RedisURI address, RedisClient client, ClientResources resources, AddressResolverGroup<?> names)
        implements AutoCloseable {
    private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(1);
    private static final Duration USER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(10);
    private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(5);
    private static final int KEEPALIVE_PROBES = 3;

    /// TTL of the DNS cache, in seconds.
    private static final int ADDRESS_SECONDS = 1;

    private static final String CLIENT_NAME = "greenroom";
    private static final int THREADS = 2;
    private static final int MAX_IN_FLIGHT = 10_000;

    /// @throws IllegalArgumentException when the settings name no Redis
    static RedisAccess open(RedisSettings settings) {
        return open(settings, AsyncRedisClient::new);
    }

    /// As [#open], with connections that have `sync()` too.
    static RedisAccess openBlocking(RedisSettings settings) {
        return open(settings, RedisClient::create);
    }

    private static RedisAccess open(RedisSettings settings, Function<ClientResources, RedisClient> kind) {
        var address = address(settings, CONNECT_DEADLINE);
        var names = addressResolver();
        var resources = DefaultClientResources.builder()
                .ioThreadPoolSize(THREADS)
                .computationThreadPoolSize(THREADS)
                .addressResolverGroup(names)
                .build();
        var client = kind.apply(resources);
        client.setOptions(options());
        return new RedisAccess(address, client, resources, names);
    }

    /// The address that Lettuce connects to.
    ///
    /// @param timeout for connecting, TLS and login together, with each command of them
    /// @throws IllegalArgumentException when neither a URL nor a host is set, or the URL is no Redis URL
    static RedisURI address(RedisSettings settings, Duration timeout) {
        var address = settings.url().map(url -> RedisURI.create(url.value())).orElseGet(() -> fromParts(settings));
        address.setTimeout(timeout);
        address.getSentinels().forEach(sentinel -> sentinel.setTimeout(timeout));
        address.setClientName(CLIENT_NAME);
        return address;
    }

    private static RedisURI fromParts(RedisSettings settings) {
        var host = settings.host()
                .orElseThrow(() -> new IllegalArgumentException("REDIS_URL or REDIS_HOST is needed to reach Redis"));
        var builder = RedisURI.builder().withHost(host).withPort(settings.port());
        settings.password().ifPresent(password -> {
            var secret = password.value().toCharArray();
            settings.username()
                    .ifPresentOrElse(
                            username -> builder.withAuthentication(username, secret),
                            () -> builder.withPassword(secret));
        });
        return builder.build();
    }

    /// Finds a Redis that was replaced at its new address within a second. The TTL of containers' DNS servers
    /// is much longer (ten minutes with Docker, a day with Podman).
    private static AddressResolverGroup<?> addressResolver() {
        return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(Transports.datagramChannelClass())
                .socketChannelType(Transports.socketChannelClass().asSubclass(SocketChannel.class))
                .ttl(0, ADDRESS_SECONDS));
    }

    private static ClientOptions options() {
        return ClientOptions.builder()
                // ReconnectingConnection reconnects: it resolves the name again, and checks the server.
                .autoReconnect(false)
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(MAX_IN_FLIGHT)
                // PendingCommands has the deadlines of calls; the library would use the one for connecting.
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(CONNECT_DEADLINE)
                        .tcpNoDelay(true)
                        .keepAlive(KeepAliveOptions.builder()
                                .enable()
                                .idle(KEEPALIVE_IDLE)
                                .interval(KEEPALIVE_INTERVAL)
                                .count(KEEPALIVE_PROBES)
                                .build())
                        .tcpUserTimeout(TcpUserTimeoutOptions.builder()
                                .enable()
                                .tcpUserTimeout(USER_TIMEOUT)
                                .build())
                        .build())
                .build();
    }

    /// The event loops that read the replies of Redis.
    List<EventExecutor> readers() {
        var loops = resources.eventLoopGroupProvider().allocate(Transports.eventLoopGroupClass());
        List<EventExecutor> each = new ArrayList<>();
        loops.forEach(each::add);
        return each;
    }

    /// Calls back with the address of each server that is reached, at every connection; must not block.
    void onReached(Consumer<InetSocketAddress> listener) {
        client.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress reached) {
                if (reached instanceof InetSocketAddress address) {
                    listener.accept(address);
                }
            }
        });
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        var _ = resources.shutdown();
        names.close();
    }
}
