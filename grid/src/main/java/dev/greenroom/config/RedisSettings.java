package dev.greenroom.config;

import java.util.Optional;

/// Where Redis is.
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
        Optional<Secret> password) {}
