package dev.greenroom.registry.redis;

import dev.greenroom.data.TextResource;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The Lua scripts of the registry, one for each operation.
enum RedisScript {
    ACQUIRE(false, "pick", "queue", "foreign", "acquire"),
    RENEW(true, "renew"),
    RELEASE(true, "pick", "queue", "release"),
    HEARTBEAT(true, "pick", "queue", "heartbeat"),
    LEAVE(true, "pick", "queue", "leave"),
    DEREGISTER(true, "pick", "queue", "deregister"),
    SUSPECT(false, "suspect"),
    TRUST(true, "pick", "queue", "trust"),
    ORDER(false, "order"),
    WORKERS(false, "pick", "queue", "foreign", "workers"),
    REAP(false, "pick", "queue", "foreign", "reap"),
    ENROLL(false, "pick", "queue", "enroll"),
    KEEP(false, "pick", "queue", "foreign", "keep"),
    QUEUED(false, "queued"),
    ABANDON(true, "pick", "queue", "abandon"),
    DESCRIBE(false, "describe"),
    CALLED(false, "called"),
    LINK(false, "link"),
    LOCATE(false, "locate"),
    SESSIONS(false, "sessions"),
    END(false, "end"),
    ENDED(false, "ended"),
    HISTORY(false, "history"),
    PROBE(false, "probe"),
    REPAIR(false, "repair");

    private static final String ALLOW_OOM = "#!lua flags=allow-oom\n";

    /// Script texts, built at first use: to build all of them would take a tenth of a second of every start.
    private static final Map<RedisScript, ScriptText> PLAIN = new ConcurrentHashMap<>();

    private static final Map<RedisScript, ScriptText> FLAGGED = new ConcurrentHashMap<>();

    private final String wireName = name().toLowerCase(Locale.ROOT);
    private final boolean allowOom;
    private final String parts;

    /// @param allowOom whether it has to work when Redis is out of memory
    /// @param parts the files that follow `common.lua`
    RedisScript(boolean allowOom, String... parts) {
        this.allowOom = allowOom;
        this.parts = String.join(" ", parts);
    }

    /// The name in metrics.
    String wireName() {
        return wireName;
    }

    /// The text for a server: versions from 7.0 on support flags, older ones refuse them.
    ScriptText text(boolean serverKnowsFlags) {
        return serverKnowsFlags && allowOom
                ? FLAGGED.computeIfAbsent(this, it -> ScriptText.of(ALLOW_OOM + it.body()))
                : PLAIN.computeIfAbsent(this, it -> ScriptText.of(it.body()));
    }

    private String body() {
        return Stream.concat(Stream.of("common"), Stream.of(parts.split(" ", -1)))
                .map(RedisScript::read)
                .collect(Collectors.joining());
    }

    private static String read(String name) {
        return TextResource.read(RedisScript.class, name + ".lua");
    }

    /// A script and the digest under which Redis caches it.
    ///
    /// @param digest SHA-1 of the body, as Redis computes it
    record ScriptText(String body, String digest) {
        private static ScriptText of(String body) {
            try {
                var sha1 = MessageDigest.getInstance("SHA-1").digest(body.getBytes(StandardCharsets.UTF_8));
                return new ScriptText(body, HexFormat.of().formatHex(sha1));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java knows SHA-1", e);
            }
        }
    }
}
