/** What is put in later: `$(VAR)`, `${VAR}`, `<password>`, `{{ … }}`, `***`. */
const NOT_PUT_IN = String.raw`(?!["']?(?:\$[({]|<|\{\{|\*{2}|%[A-Z_]+%|x{3,}|\.{3}))`;
/** Keys of ADO.NET, of Azure's services, of Redis. */
const CONNECTION_KEY = '(password|pwd|accountkey|sharedaccesskey|accesskey|sharedsecret)';
const of = (source: string, flags = ''): RegExp => new RegExp(source, flags);

/**
 * Shapes of tokens and keys, as the detectors' documentation gives them. Names and prefixes are their makers'. Each with signs, in lower
 * case, of which every text of that shape has one: to compile fifty shapes costs more than all else that a small catalog is asked.
 * @see github.com/gitleaks/gitleaks v8 config/gitleaks.toml
 * @see github.com/Yelp/detect-secrets v1.5 detect_secrets/plugins
 * @see docs.github.com/code-security/secret-scanning, Supported secret scanning patterns
 */
const SHAPES: readonly (readonly [what: string, signs: readonly string[], shape: RegExp])[] = [
  [
    'a private key',
    ['private key', 'putty-user-key', 'age-secret-key'],
    /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----|PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1[0-9A-Z]{58}/,
  ],
  ['an AWS access key', ['akia', 'asia', 'abia', 'acca'], /\b(AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b/],
  [
    'an AWS secret key',
    ['aws'],
    /aws_?(secret_?)?(access_?)?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  ],
  [
    'a GitHub token',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})/,
  ],
  [
    'a GitLab token',
    ['gl', 'gr1348941'],
    /\b(gl(pat|dt|cbt|ptt|rt|ft|soat|agent|oas|imt|ffct)-[\w-]{20,}|GR1348941[\w-]{20,})/,
  ],
  ['a Slack token', ['xox', 'xapp-'], /\b(xox[abeoprs]-[\w-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+)/],
  ['a Slack webhook', ['hooks.slack.com'], /hooks\.slack\.com\/(services|workflows|triggers)\/\w+/],
  ['a Discord webhook', ['/api/webhooks/'], /discord(app)?\.com\/api\/webhooks\/\d+\/[\w-]{20,}/],
  ['a Teams webhook', ['.webhook.office.com'], /\.webhook\.office\.com\/webhookb2\/[\w@-]{20,}/],
  ['a Google API key', ['aiza'], /\bAIza[\w-]{35}(?![\w-])/],
  ['a Google OAuth secret', ['gocspx-'], /\bGOCSPX-[\w-]{28}/],
  ['a Google OAuth token', ['ya29.'], /\bya29\.[\w-]{30,}/],
  ['a Stripe key', ['k_live_', 'k_test_', 'whsec_'], /\b([sr]k_(live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{32,})/],
  ['an npm token', ['npm_'], /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a PyPI token', ['pypi-age'], /\bpypi-AgE[\w-]{50,}/],
  ['a RubyGems token', ['rubygems_'], /\brubygems_[a-f0-9]{48}\b/],
  ['a Docker Hub token', ['dckr_'], /\bdckr_(pat|oat)_[\w-]{20,}/],
  ['a SendGrid key', ['sg.'], /\bSG\.[\w-]{22}\.[\w-]{43}/],
  ['a Mailgun key', ['key-'], /\bkey-[0-9a-f]{32}\b/],
  ['a Mailchimp key', ['-us'], /\b[0-9a-f]{32}-us\d{1,2}\b/],
  ['a Twilio key', ['sk'], /\bSK[0-9a-f]{32}\b/],
  ['an OpenAI key', ['sk-'], /\bsk-((proj|svcacct|admin)-[\w-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})/],
  ['an Anthropic key', ['sk-ant-'], /\bsk-ant-[\w-]{20,}/],
  ['a Hugging Face token', ['hf_'], /\bhf_[A-Za-z]{34}\b/],
  ['a DigitalOcean token', ['_v1_'], /\bdo[por]_v1_[a-f0-9]{64}\b/],
  ['an Azure client secret', ['q~'], /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/],
  ['a HashiCorp Vault token', ['hvs.', 'hvb.', 'hvr.'], /\bhv[sbr]\.[\w-]{24,}/],
  ['a Terraform Cloud token', ['.atlasv1.'], /\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/],
  ['a Shopify token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], /\bshp(at|ca|pa|ss)_[a-fA-F0-9]{32}\b/],
  ['a Square token', ['sq0', 'eaaa'], /\b(sq0(atp|csp|idp)-[\w-]{22,}|EAAA[\w-]{60})/],
  ['a Telegram bot token', [':aa'], /\b\d{8,10}:AA[\w-]{33}(?![\w-])/],
  ['a New Relic key', ['nrak-'], /\bNRAK-[A-Z0-9]{27}\b/],
  ['a Grafana token', ['glc_', 'glsa_'], /\b(glc_[A-Za-z0-9+/]{32,}|glsa_[A-Za-z0-9]{32}_[0-9a-f]{8})/],
  ['a Sentry token', ['sntry'], /\bsntry[su]_[\w=+/-]{40,}/],
  ['a Linear key', ['lin_api_'], /\blin_api_[A-Za-z0-9]{40}\b/],
  ['a Notion token', ['ntn_'], /\bntn_[A-Za-z0-9]{40,}/],
  ['a Doppler token', ['dp.'], /\bdp\.(pt|st|ct|sa|scim|audit)\.[\w.-]{40,}/],
  ['a Pulumi token', ['pul-'], /\bpul-[a-f0-9]{40}\b/],
  ['a Databricks token', ['dapi'], /\bdapi[a-h0-9]{32}\b/],
  ['an Atlassian token', ['atatt3'], /\bATATT3[\w=-]{50,}/],
  ['a PlanetScale credential', ['pscale_'], /\bpscale_(tkn|pw|oauth)_[\w.=-]{30,}/],
  ['a Postman key', ['pmak-'], /\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b/],
  ['a JSON Web Token', ['eyj'], /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/],
  [
    'a secret on a command line',
    ['pass', 'token', 'secret', 'key'],
    of(String.raw`(^|\s)--?([a-z]+-)*(password|passwd|token|secret|api-?key)=${NOT_PUT_IN}(?!\/)\S{4,}`, 'i'),
  ],
  [
    'a secret on a command line',
    ['-u'],
    of(String.raw`(^|\s)(-u|--user)[ =]["']?[^\s:$"']+:${NOT_PUT_IN}(?!\d+\b)[^\s"'/]{4,}`),
  ],
  ['a password in a URL', ['@'], of(String.raw`\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:${NOT_PUT_IN}[^\s/:@]+@`, 'i')],
  [
    'a password in a URL',
    ['pass', 'pwd', 'token', 'key', 'secret'],
    of(String.raw`[?&](password|passwd|pwd|access_token|api_?key|client_secret)=${NOT_PUT_IN}[^&\s#"']{4,}`, 'i'),
  ],
  ['a signature in a URL', ['sig='], /[?&]sig=[A-Za-z0-9%+/]{40,}/],
  [
    'a password in a connection string',
    ['password', 'pwd', 'key', 'secret'],
    of(String.raw`;\s*${CONNECTION_KEY}\s*=\s*["']?${NOT_PUT_IN}[^;"'\s]{4,}`, 'i'),
  ],
  [
    'a password in a connection string',
    ['password', 'pwd', 'key', 'secret'],
    of(String.raw`(^|["'\s])${CONNECTION_KEY}\s*=\s*["']?${NOT_PUT_IN}[^;"'\s]{4,};`, 'i'),
  ],
  [
    'a password in a connection string',
    ['password='],
    of(String.raw`\b(host|dbname|user|server|addr)=\S{1,200}\s(.{0,200}\s)?password=${NOT_PUT_IN}\S{4,}`, 'i'),
  ],
  [
    'a credential of HTTP',
    ['authorization'],
    /\bauthorization["']?\s*[:=]\s*["']?(basic|bearer)\s+(?=\S*\d)[A-Za-z0-9+/=_.-]{16,}/i,
  ],
  [
    'a password in a setting',
    ['pass', 'secret', 'key', 'token'],
    of(
      String.raw`(^|[\s"'._-])(password|passwd|passphrase|client[-_]?secret|secret[-_]?key|(api|access|auth|private)[-_]?key|auth[-_]?token)["']?\s*[:=]\s*["']?${NOT_PUT_IN}(?=[^\s"'#,;]*\d)(?=[^\s"'#,;]*[a-z])[^\s"'#,;/$][^\s"'#,;]{7,}`,
      'im',
    ),
  ],
];

/** Most texts have no word that long and none of these: one look tells. */
const MAY_HOLD_ONE = /[\w+/=.~-]{20,}|:\/\/[^\s/]*@|pass|pwd|secret|token|key|user|auth|\s-u\s/i;

/** What a text looks like, when it looks like a secret. */
export function likelySecret(text: string): string | undefined {
  if (!MAY_HOLD_ONE.test(text)) return undefined;
  const lower = text.toLowerCase();
  return SHAPES.find(([, signs, shape]) => signs.some((sign) => lower.includes(sign)) && shape.test(text))?.[0];
}
