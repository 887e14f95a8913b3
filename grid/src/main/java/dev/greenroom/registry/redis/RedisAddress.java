package dev.greenroom.registry.redis;

import dev.greenroom.config.settings.RedisSettings;
import io.lettuce.core.RedisURI;
import java.time.Duration;

/// Turns settings into the address that Lettuce connects to.
final class RedisAddress {
    private static final String CLIENT_NAME = "greenroom";

    private RedisAddress() {}

    /// @param timeout for connecting, TLS and login together with each command of them
    /// @throws IllegalArgumentException when neither a URL nor a host is given, or the URL is none of Redis
    static RedisURI of(RedisSettings settings, Duration timeout) {
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
}
