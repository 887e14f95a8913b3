package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a client is told whose message is refused, and about its own proxy where private networks are closed.
@Timeout(60)
class RefusalsIT {
    /// A name server that answers for some names, and has none for others.
    private static final String LOOKUP = """
            const {reason, reasonOfProxy} = require(process.argv[2]);
            const isPrivate = address => address.startsWith('10.');
            const failure = code => Object.assign(new Error(code), {code});
            const lookup = async name => {
              switch (name) {
                case 'public.example': return [{address: '203.0.113.9'}];
                case 'intranet.example': return [{address: '203.0.113.9'}, {address: '10.0.0.1'}];
                case 'silent.example': return new Promise(() => {});
                case 'down.example': throw failure('EAI_AGAIN');
                default: throw failure('ENOTFOUND');
              }
            };
            const why = server => reasonOfProxy(server, isPrivate, lookup);
            setTimeout(() => process.exit(1), 30000);
            """;

    @TempDir
    private Path folder;

    @Test
    void a_proxy_whose_name_the_dns_does_not_tell_in_time_is_refused_in_words_of_its_own() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                Promise.all(['silent.example', 'down.example'].map(name => why('socks5://' + name + ':1080')))
                    .then(reasons => { console.log(reasons.join('\\n')); process.exit(0); });
                """);

        assertThat(said.lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .contains("could not be looked up", "BLOCK_PRIVATE_NETWORK", "Try again")
                        .doesNotContain("has a private address"));
    }

    @Test
    void a_proxy_is_judged_by_the_host_that_the_browser_reads() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                const word = text => text === undefined ? 'taken'
                    : text.match(/has a private address|is not a plain host/)[0];
                (async () => {
                  for (const server of ['public.example:1', 'http://public.example', 'socks5://unknown.example:1',
                      'intranet.example:1', 'http://intr%61net.example', 'http://ｉntranet.example', 'socks5://INTRANET.example.',
                      'socks5://intr%61net.example', 'socks4://ｉntranet.example:1', 'socks5://10%2e0.0.1:1',
                      'socks5://public.example;http=intranet.example:1', 'http://public.example,intranet.example:1'])
                    console.log(word(await why(server)));
                  process.exit(0);
                })();
                """);

        assertThat(said.lines())
                .containsExactly(
                        "taken",
                        "taken",
                        "taken",
                        "has a private address",
                        "has a private address",
                        "has a private address",
                        "has a private address",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host",
                        "is not a plain host");
    }

    @Test
    void a_proxy_in_chromiums_own_protocol_is_refused_only_where_private_networks_are_closed() throws Exception {
        var said = NodeScript.said(folder, "refusals.js", LOOKUP + """
                const create = params => ({method: 'send', params: {method: 'Target.createBrowserContext', params}});
                for (const [params, closed] of [[{proxyServer: 'http://a:1'}, true], [{proxyServer: 'http://a:1'}, false], [{}, true]])
                  console.log(reason(create(params), 'CDPSession', closed));
                process.exit(0);
                """);

        assertThat(said.lines())
                .satisfiesExactly(
                        closed -> assertThat(closed).contains("proxyServer", "BLOCK_PRIVATE_NETWORK", "newContext"),
                        open -> assertThat(open).isEqualTo("undefined"),
                        without -> assertThat(without).isEqualTo("undefined"));
    }

    @Test
    void a_field_that_names_a_place_of_the_worker_is_refused_also_in_methods_of_versions_to_come() throws Exception {
        var said = ofFields("""
                say('Artifact', 'saveAs', {path: '/tmp/x'});
                say('Frame', 'drop', {selector: 'a', localPaths: ['/etc/passwd']});
                say('Playwright', 'newRequest', {tracesDir: '/tmp/x'});
                say('Browser', 'newContextForReuse', {recordVideo: {dir: '/tmp/x'}});
                say('Page', 'ofVersion2', {deep: [{cacheFile: 'x'}]});
                say('Page', 'ofVersion2', {debugPort: 1});
                say('Page', 'ofVersion2', {apiEndpointURL: 'http://x'});
                """);

        assertThat(said.lines()).hasSize(7).allSatisfy(why -> assertThat(why).contains("not for clients of a grid"));
    }

    @Test
    void what_stock_clients_send_by_themselves_is_not_refused() throws Exception {
        var said = ofFields("""
                say('BrowserContext', 'addCookies', {cookies: [{name: 'a', value: 'b', path: '/'}]});
                say('BrowserContext', 'clearCookies', {path: '/'});
                say('Browser', 'newContext', {recordVideo: {dir: '/home/me', size: {width: 800, height: 600}},
                    recordHar: {path: '/home/me/a.har'}, viewport: {width: 1280, height: 720}, proxy: {server: 'http://a:1'},
                    storageState: {cookies: [{path: '/'}], origins: [{origin: 'o', indexedDB: [{name: 'n',
                        stores: [{keyPath: 'k', records: [{value: {path: '/', outputFile: 'x'}}], indexes: [{keyPath: 'k'}]}]}]}]}});
                say('Tracing', 'harStart', {options: {harPath: '/home/me/a.har', resourcesDir: '/home/me'}});
                say('Tracing', 'tracingStart', {name: 'a name'});
                say('Tracing', 'tracingGroup', {name: 'a', location: {file: '/home/me/a.spec.ts', line: 1}});
                say('SocksSupport', 'socksConnected', {uid: 'u', host: '127.0.0.1', port: 1});
                say('Page', 'setNetworkInterceptionPatterns', {patterns: [{glob: '**/api/*/items/**?q=*&p=*'},
                    {regexSource: 'a+', regexFlags: ''}, {urlPattern: {hostname: 'a', port: '80', pathname: '/*'}}]});
                say('Frame', 'setInputFiles', {selector: 'input', payloads: [{name: '../a', buffer: Buffer.alloc(9)}]});
                say('APIRequestContext', 'fetch', {url: 'http://a', multipartData: [{name: 'f', file: {name: 'n', buffer: Buffer.alloc(9)}}]});
                say('CDPSession', 'send', {method: 'Network.setCookie', params: {path: '/'}});
                """);

        assertThat(said.lines()).hasSize(11).containsOnly("undefined");
    }

    @Test
    void what_costs_a_driver_its_memory_or_its_time_is_refused() throws Exception {
        var said = ofFields("""
                const glob = glob => say('Page', 'setNetworkInterceptionPatterns', {patterns: [{glob}]});
                glob('**/' + '*a*'.repeat(12) + '.png');
                glob('**/a'.repeat(40));
                glob('a'.repeat(9000));
                say('Page', 'setNetworkInterceptionPatterns', {patterns: [{regexSource: 'a'.repeat(70000)}]});
                say('Frame', 'click', {selector: 'a'.repeat(4e6)});
                say('Frame', 'click', {selector: 'a', clickCount: 1e9});
                say('Browser', 'newContext', {recordVideo: {dir: 'x', size: {width: 1e5, height: 1e5}}});
                say('Page', 'screencastStart', {fps: 1e9});
                say('BrowserContext', 'createTempFiles', {items: Array(1e5).fill({name: 'x'})});
                """);

        assertThat(said.lines()).hasSize(9).allSatisfy(why -> assertThat(why).contains("at most"));
    }

    @Test
    void the_size_of_an_expected_screenshot_is_read_wherever_its_file_says_it() throws Exception {
        var said = ofFields("""
                const chunk = (type, data) => {
                  const all = Buffer.alloc(12 + data.length);
                  all.writeUInt32BE(data.length, 0);
                  all.write(type, 4, 'latin1');
                  data.copy(all, 8);
                  return all;
                };
                const size = (width, height) => { const data = Buffer.alloc(13); data.writeUInt32BE(width, 0); data.writeUInt32BE(height, 4); return chunk('IHDR', data); };
                const png = (...chunks) => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]);
                const webp = (kind, ...bytes) => Buffer.concat([Buffer.from('RIFF....WEBPVP8' + kind), Buffer.alloc(4), Buffer.from(bytes), Buffer.alloc(16)]);
                const picture = expected => say('Page', 'expectScreenshot', {expected});
                picture(png(size(2560, 16384)));
                picture(webp(' ', 0, 0, 0, 0x9d, 1, 0x2a, 0, 5, 0, 5));
                picture(Buffer.alloc(0));
                picture(png(size(30000, 30000)));
                picture(png(chunk('tEXt', Buffer.from('hello')), size(1, 1), size(30000, 30000)));
                picture(webp('X', 0, 0, 0, 0, 255, 255, 0, 255, 255, 0));
                picture(webp('L', 0x2f, 255, 255, 255, 255));
                picture(webp(' ', 0, 0, 0, 0x9d, 1, 0x2a, 255, 63, 255, 63));
                """);

        assertThat(said.lines().limit(3)).containsOnly("undefined");
        assertThat(said.lines().skip(3))
                .hasSize(5)
                .allSatisfy(why -> assertThat(why).contains("at most 50000000 pixels"));
    }

    private String ofFields(String text) throws Exception {
        return NodeScript.said(folder, "refusals.js", """
                const refusals = require(process.argv[2]);
                const say = (...call) => console.log(refusals.ofFields(...call));
                """ + text);
    }
}
