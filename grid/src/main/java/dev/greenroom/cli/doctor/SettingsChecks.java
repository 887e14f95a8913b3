package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.SettingsReader.SettingsResult;
import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.config.TokenList.AuthTokens;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Checks of the settings in this environment, as a proxy and a worker would read them.
final class SettingsChecks {
    private static final String NOT_TOLD = "redis://not-told";

    private SettingsChecks() {}

    static List<DoctorFinding> settings(DoctorFacts facts) {
        var findings = new ArrayList<DoctorFinding>();
        for (var root : List.of(ProxySettings.class, WorkerSettings.class)) {
            var reading = read(root, facts.environment());
            if (reading instanceof SettingsResult.Invalid<?>(var problems, var _)) {
                problems.forEach(problem -> findings.add(
                        DoctorFinding.error(problem, "Correct it; proxies and workers do not start with this value.")));
            }
            // Only warnings about explicit settings; other checks look at questionable defaults.
            reading.warnings().stream()
                    .filter(warning -> facts.environment().containsKey(named(warning)))
                    .forEach(warning -> findings.add(
                            DoctorFinding.warning(warning, remedy(root, facts.environment(), named(warning)))));
        }
        return findings.stream().distinct().toList();
    }

    private static String named(String warning) {
        return warning.split("[=:]", 2)[0];
    }

    /// The default may cause the same warning.
    private static String remedy(Class<? extends CommandSettings> root, Map<String, String> environment, String name) {
        var without = new HashMap<>(environment);
        without.remove(name);
        return read(root, without).warnings().stream()
                        .anyMatch(warning -> named(warning).equals(name))
                ? "Set another value; the default has the same effect."
                : "Correct it, or unset the variable.";
    }

    /// Each proxy applies the limits for itself. Fewer proxies than `--proxies` are not a problem, since
    /// one of them may be about to start.
    static List<DoctorFinding> tokenLimits(DoctorFacts facts) {
        var proxies = facts.redis().found().orElseThrow().proxies();
        var limited = of(ProxySettings.class, facts.environment())
                .flatMap(settings -> settings.access().tokens())
                .map(SettingsChecks::limited)
                .orElse("");
        var divided = facts.settings().examination().proxies();
        return proxies <= divided || limited.isEmpty()
                ? List.of()
                : List.of(DoctorFinding.warning(
                        "The limits of " + limited + " apply per proxy, and there are " + proxies
                                + (divided == 1
                                        ? ", so that the whole grid grants " + proxies + " times as much"
                                        : ", not the " + divided + " that they are divided by (--proxies)"),
                        "Divide the numbers in AUTH_TOKENS by the number of proxies, and set --proxies " + proxies
                                + "; see SECURITY.md."));
    }

    private static String limited(AuthTokens given) {
        return TokenList.read(given.text().value()) instanceof TokenList.ParsedTokens.Tokens(var tokens)
                ? tokens.stream()
                        .filter(token -> !token.limits().equals(AccessToken.TokenLimits.NONE))
                        .map(AccessToken::name)
                        .distinct()
                        .collect(Collectors.joining(", "))
                : "";
    }

    /// The settings of a command; empty if they are invalid.
    static <S extends CommandSettings> Optional<S> of(Class<S> root, Map<String, String> environment) {
        return read(root, environment) instanceof SettingsResult.Valid<S> valid
                ? Optional.of(valid.settings())
                : Optional.empty();
    }

    /// A missing address of Redis is reported by another check.
    private static <S extends CommandSettings> SettingsResult<S> read(Class<S> root, Map<String, String> environment) {
        var all = new HashMap<>(environment);
        if (List.of("REDIS_URL", "REDIS_URL_FILE", "REDIS_HOST").stream()
                .allMatch(name -> all.getOrDefault(name, "").isBlank())) {
            all.put("REDIS_URL", NOT_TOLD);
        }
        return CommandSettings.reader(Path.of(System.getProperty("user.home", "")))
                .read(root, all, Map.of());
    }
}
