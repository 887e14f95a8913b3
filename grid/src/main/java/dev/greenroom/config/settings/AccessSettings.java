package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AuthTokens;
import java.net.IDN;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Who may use a proxy: tokens, origins and host names.
@SettingsSection("Access")
public record AccessSettings(
        @Setting(
                name = "AUTH_TOKENS",
                meaning = "Access tokens of clients, as name:token, comma-separated or one per line in a "
                        + "file; a token has 16 characters or more. The file is read again when it "
                        + "changes. See SECURITY.md for the limits per token.",
                secret = true)
        Optional<AuthTokens> tokens,

        @Setting(
                name = "ALLOWED_ORIGINS",
                meaning = "Origins of web pages that may connect: comma-separated, each with scheme, host "
                        + "and port. All other pages are rejected.")
        List<String> origins,

        @Setting(
                name = "ALLOWED_HOSTS",
                meaning = "Host names that clients may use for the grid, comma-separated; *. in front of "
                        + "a name allows all its subdomains. Without tokens, clients may only use these, "
                        + "IP addresses, the name of this machine, and names with no dot, .svc, .local or "
                        + ".internal.")
        List<String> hosts) {
    /// Letters that browsers and the JDK write differently in ASCII.
    private static final Pattern AMBIGUOUS = Pattern.compile(".*[\u00DF\u03C2\u200C\u200D].*");

    private static final Pattern ORIGIN = Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9._\\[\\]:-]{1,255}");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
    private static final Pattern HOST = Pattern.compile("\\*|(\\*\\.)?[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}");

    /// Checks the syntax of tokens, origins and host names.
    public AccessSettings {
        origins = commaSeparated(origins);
        hosts = commaSeparated(hosts);
        var rules = new SettingsRules();
        if (tokens.isPresent()
                && TokenList.read(tokens.get().text().value()) instanceof TokenList.ParsedTokens.Broken(var rule)) {
            rules.that(false, rule, "AUTH_TOKENS");
        }
        rules.that(
                        origins.stream()
                                .allMatch(origin -> ORIGIN.matcher(origin).matches()),
                        "must be comma-separated origins such as https://ci.example or http://localhost:3000,"
                                + " without a path",
                        "ALLOWED_ORIGINS")
                .that(
                        hosts.stream().allMatch(host -> HOST.matcher(host).matches()),
                        "must be comma-separated host names such as grid.example or *.grid.example, without a port,"
                                + " or * for any; write a name with ß, ς or a joiner as xn--…",
                        "ALLOWED_HOSTS")
                .check();
    }

    private static List<String> commaSeparated(List<String> words) {
        return words.stream()
                .flatMap(word -> Stream.of(word.split(",", -1)))
                .filter(word -> !word.isEmpty())
                .map(word -> inAscii(word.toLowerCase(Locale.ROOT)))
                .toList();
    }

    /// Converts a host name to the form that clients send: `grid.münchen.example` is
    /// `grid.xn--mnchen-3ya.example` in a request. A name without such a form is returned unchanged, and
    /// rejected later.
    private static String inAscii(String word) {
        if (word.chars().allMatch(c -> c < 0x80) || AMBIGUOUS.matcher(word).matches()) {
            return word;
        }
        var scheme = word.indexOf("://") + 3;
        var host = scheme < 3 ? 0 : scheme;
        var port = PORT.matcher(word);
        var end = port.find() ? port.start() : word.length();
        try {
            var wildcard = word.startsWith("*.", host) ? host + 2 : host;
            return word.substring(0, wildcard)
                    + IDN.toASCII(word.substring(wildcard, end), IDN.ALLOW_UNASSIGNED)
                    + word.substring(end);
        } catch (IllegalArgumentException _) {
            return word;
        }
    }

    /// No tokens, and every host name is allowed.
    public static AccessSettings open() {
        return new AccessSettings(Optional.empty(), List.of(), List.of("*"));
    }

    /// Warns when anyone who reaches the address can use the grid.
    List<SettingsFinding> warnings(ListenSettings listen) {
        return new SettingsRules()
                .that(
                        tokens.isPresent() || isLoopback(listen.bindAddress()),
                        "lets anyone who can reach this address use browsers, set AUTH_TOKENS (or listen on"
                                + " 127.0.0.1)",
                        "BIND_ADDRESS",
                        "AUTH_TOKENS")
                .findings();
    }

    private static boolean isLoopback(String address) {
        return address.equals("localhost") || address.equals("::1") || address.startsWith("127.");
    }
}
