package dev.greenroom.worker.store;

import dev.greenroom.config.Secret;
import dev.greenroom.worker.process.ExternalCommand;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the npm registry that this machine uses: `NPM_CONFIG_REGISTRY`, then `.npmrc`, then what npm
/// itself says. No registry is built in.
final class NpmRegistryLookup {
    private static final Logger LOG = LoggerFactory.getLogger(NpmRegistryLookup.class);
    private static final Duration NPM_PATIENCE = Duration.ofSeconds(5);
    private static final String TOKEN_SUFFIX = ":_authToken";
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w{1,100})}");

    private final Map<String, String> environment;
    private final List<String> npm;

    /// @param environment this process' own
    /// @param npm the command line that asks npm
    NpmRegistryLookup(Map<String, String> environment, List<String> npm) {
        this.environment = environment;
        this.npm = List.copyOf(npm);
    }

    static NpmRegistryLookup of(Map<String, String> environment) {
        return new NpmRegistryLookup(environment, List.of("npm", "config", "get", "registry"));
    }

    /// Blocks for some seconds at most; empty when no registry is configured.
    Optional<NpmRegistryAddress> find() throws InterruptedException {
        var npmrc = npmrc();
        var tokens = new HashMap<String, Secret>();
        npmrc.forEach((key, value) -> {
            if (key.startsWith("//") && key.endsWith(TOKEN_SUFFIX)) {
                tokens.put(key.substring(0, key.length() - TOKEN_SUFFIX.length()), new Secret(value));
            }
        });
        var configured = Stream.of(
                        environment.getOrDefault("NPM_CONFIG_REGISTRY", ""),
                        environment.getOrDefault("npm_config_registry", ""),
                        npmrc.getOrDefault("registry", ""))
                .filter(value -> !value.isBlank())
                .findFirst();
        if (configured.isEmpty()) {
            configured = askNpm();
        }
        return configured.flatMap(NpmRegistryLookup::base).map(base -> new NpmRegistryAddress(base, tokens));
    }

    private Optional<String> askNpm() throws InterruptedException {
        return new ExternalCommand(npm, Map.of())
                .run(NPM_PATIENCE)
                .filter(ExternalCommand.CommandResult::succeeded)
                .map(outcome -> outcome.output().lines().reduce("", (_, last) -> last));
    }

    private static Optional<URI> base(String text) {
        var stripped = text.strip();
        try {
            var uri = URI.create(stripped.endsWith("/") ? stripped : stripped + "/");
            var web = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            return web && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
        } catch (IllegalArgumentException e) {
            LOG.atWarn()
                    .setCause(e)
                    .addKeyValue("code", "the-npm-registry-that-is-configured-is-not-a-url")
                    .log("The configured npm registry is not a URL");
            return Optional.empty();
        }
    }

    private Map<String, String> npmrc() {
        var explicit = environment.get("NPM_CONFIG_USERCONFIG");
        var home = environment.getOrDefault("HOME", System.getProperty("user.home", "/"));
        var file = explicit != null ? Path.of(explicit) : Path.of(home, ".npmrc");
        try {
            return Files.isReadable(file) ? entries(Files.readString(file)) : Map.of();
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", file)
                    .setCause(e)
                    .addKeyValue("code", "npm-s-settings-cannot-be-read")
                    .log("npm settings not readable");
            return Map.of();
        }
    }

    private Map<String, String> entries(String text) {
        var entries = new LinkedHashMap<String, String>();
        text.lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("#") && !line.startsWith(";"))
                .forEach(line -> {
                    var equals = line.indexOf('=');
                    if (equals > 0) {
                        entries.put(
                                line.substring(0, equals).strip(),
                                expanded(unquoted(line.substring(equals + 1).strip())));
                    }
                });
        return entries;
    }

    private static String unquoted(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }

    private String expanded(String value) {
        return VARIABLE.matcher(value)
                .replaceAll(match -> Matcher.quoteReplacement(environment.getOrDefault(match.group(1), match.group())));
    }
}
