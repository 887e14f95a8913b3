package dev.greenroom.registry.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What a Redis server says of itself.
record ServerFacts(String version, boolean replica, boolean loading, boolean cluster, String evictionPolicy) {

    /// Reads the reply to `INFO`.
    static ServerFacts of(String info) {
        Map<String, String> fields = new HashMap<>();
        for (var line : info.split("\r?\n", -1)) {
            var colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return new ServerFacts(
                fields.getOrDefault("redis_version", "0"),
                !fields.getOrDefault("role", "master").equals("master"),
                fields.getOrDefault("loading", "0").equals("1"),
                fields.getOrDefault("cluster_enabled", "0").equals("1"),
                fields.getOrDefault("maxmemory_policy", "noeviction"));
    }

    /// Whether scripts may begin with a line of flags.
    boolean knowsScriptFlags() {
        return major() >= 7;
    }

    /// What is wrong with this server for a registry, a sentence each with the remedy.
    List<String> findings() {
        List<String> findings = new ArrayList<>();
        if (major() < 6 || (major() == 6 && minor() < 2)) {
            findings.add("Redis " + version + " is too old; use 6.2 or newer.");
        }
        if (cluster) {
            findings.add("Redis runs in cluster mode, which the registry's scripts cannot use; use a single server or"
                    + " Sentinel.");
        }
        if (!evictionPolicy.equals("noeviction")) {
            findings.add("Redis may evict the registry's keys (maxmemory-policy " + evictionPolicy
                    + "); set maxmemory-policy noeviction.");
        }
        return List.copyOf(findings);
    }

    private int major() {
        return part(0);
    }

    private int minor() {
        return part(1);
    }

    private int part(int index) {
        var parts = version.split("\\.", -1);
        return index < parts.length && parts[index].matches("\\d{1,6}") ? Integer.parseInt(parts[index]) : 0;
    }
}
