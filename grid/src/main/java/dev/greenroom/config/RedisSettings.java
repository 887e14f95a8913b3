package dev.greenroom.config;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/// Where Redis is.
@Section("Redis")
public record RedisSettings(
        @Setting(
                name = "REDIS_URL",
                meaning = "redis://[user:password@]host:port, rediss:// for TLS, or"
                        + " redis-sentinel://host:port,host:port#name.",
                secret = true)
        Optional<Secret> url,

        @Setting(name = "REDIS_HOST", meaning = "Host of Redis, where REDIS_URL is not given.")
        Optional<String> host,

        @Setting(name = "REDIS_PORT", fallback = "6379", meaning = "Port of Redis beside REDIS_HOST, 1 to 65535.")
        int port,

        @Setting(name = "REDIS_USERNAME", meaning = "ACL user, beside REDIS_HOST.")
        Optional<String> username,

        @Setting(name = "REDIS_PASSWORD", meaning = "Password, beside REDIS_HOST.", secret = true)
        Optional<Secret> password) {

    /// One server is named, in one way.
    public RedisSettings {
        var location = url.flatMap(text -> RedisLocation.of(text.value()));
        var another =
                host.isPresent() && location.isPresent() && !location.get().isServer(host.get(), port);
        var besideUrl = url.isPresent() && host.isEmpty();
        var rules = new Rules()
                .that(
                        url.isEmpty() || location.isPresent(),
                        "must be redis://[user:password@]host:port, rediss://… or redis-sentinel://host:port,…#name,"
                                + " where Sentinel and its servers speak no TLS;"
                                + " percent-encode special characters of user and password",
                        "REDIS_URL")
                .within("REDIS_PORT", port, 1, 65_535)
                .that(
                        !another,
                        "names another server than REDIS_URL, give one of the two",
                        "REDIS_HOST",
                        "REDIS_PORT",
                        "REDIS_URL")
                .that(
                        !besideUrl || username.isEmpty(),
                        "belongs beside REDIS_HOST, put the user into REDIS_URL",
                        "REDIS_USERNAME",
                        "REDIS_URL")
                .that(
                        !besideUrl || password.isEmpty(),
                        "belongs beside REDIS_HOST, put the password into REDIS_URL",
                        "REDIS_PASSWORD",
                        "REDIS_URL");
        host.ifPresent(name -> rules.host("REDIS_HOST", name));
        rules.check();
    }

    /// Where to connect to, unresolved: the server, or the sentinels that know it.
    public List<InetSocketAddress> servers() {
        return url.flatMap(text -> RedisLocation.of(text.value()))
                .map(RedisLocation::servers)
                .or(() -> host.map(name -> List.of(InetSocketAddress.createUnresolved(name, port))))
                .orElse(List.of());
    }

    List<Finding> missing() {
        return new Rules()
                .that(
                        url.isPresent() || host.isPresent(),
                        "is missing, say where Redis is, for example redis://localhost:6379 (or give REDIS_HOST)",
                        "REDIS_URL",
                        "REDIS_HOST")
                .findings();
    }
}
