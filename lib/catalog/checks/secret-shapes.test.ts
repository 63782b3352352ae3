import { secretProblem } from './secrets';

/** Made up, and put together here so that no detector takes this file for a leak. */
const digits = '0123456789';
const hex = (length: number) => 'a1b2c3d4e5f60798'.repeat(8).slice(0, length);
const mixed = (length: number) => 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z'.repeat(8).slice(0, length);
const letters = (length: number) => 'abcdefghijKLMNOPqrstuvWXYZ'.repeat(4).slice(0, length);
const upper = (length: number) => 'ABCDEFGH2345JKLM'.repeat(4).slice(0, length);

const shapes: readonly (readonly [what: string, text: string])[] = [
  ['a private key', `-----BEGIN ${'RSA'} PRIVATE KEY-----\nMIIE`],
  ['a private key', `-----BEGIN ${'OPENSSH'} PRIVATE KEY-----`],
  ['a private key', `-----BEGIN PGP ${'PRIVATE'} KEY BLOCK-----`],
  ['a private key', `AGE-SECRET-KEY-1${upper(58)}`],
  ['an AWS access key', `AKIA${upper(16)}`],
  ['an AWS secret key', `aws_secret_access_key = ${mixed(40)}`],
  ['a GitHub token', `ghp_${mixed(36)}`],
  ['a GitHub token', `github_pat_${mixed(22)}_${mixed(59)}`],
  ['a GitLab token', `glpat-${mixed(20)}`],
  ['a Slack token', `xoxb-${digits}-${mixed(24)}`],
  ['a Slack webhook', `https://hooks.slack.com/services/T00000000/B00000000/${mixed(24)}`],
  ['a Discord webhook', `https://discord.com/api/webhooks/${digits}/${mixed(60)}`],
  ['a Teams webhook', `https://x.webhook.office.com/webhookb2/${mixed(36)}@${mixed(36)}`],
  ['a Google API key', `AIza${mixed(35)}`],
  ['a Google OAuth secret', `GOCSPX-${mixed(28)}`],
  ['a Stripe key', `sk_live_${mixed(24)}`],
  ['an npm token', `npm_${mixed(36)}`],
  ['a PyPI token', `pypi-AgEIcHlwaS5vcmc${mixed(60)}`],
  ['a Docker Hub token', `dckr_pat_${mixed(27)}`],
  ['a SendGrid key', `SG.${mixed(22)}.${mixed(43)}`],
  ['a Mailgun key', `key-${hex(32)}`],
  ['a Mailchimp key', `${hex(32)}-us12`],
  ['a Twilio key', `SK${hex(32)}`],
  ['an OpenAI key', `sk-proj-${mixed(40)}`],
  ['an Anthropic key', `sk-ant-api03-${mixed(40)}`],
  ['a Hugging Face token', `hf_${letters(34)}`],
  ['a DigitalOcean token', `dop_v1_${hex(64)}`],
  ['an Azure client secret', `abc8Q~${mixed(34)}`],
  ['a HashiCorp Vault token', `hvs.${mixed(90)}`],
  ['a Terraform Cloud token', `${mixed(14)}.atlasv1.${mixed(64)}`],
  ['a Shopify token', `shpat_${hex(32)}`],
  ['a Telegram bot token', `${digits.slice(0, 9)}:AA${mixed(33)}`],
  ['a New Relic key', `NRAK-${upper(27)}`],
  ['a Grafana token', `glsa_${mixed(32)}_${hex(8)}`],
  ['a Databricks token', `dapi${hex(32)}`],
  ['a Postman key', `PMAK-${hex(24)}-${hex(34)}`],
  ['a JSON Web Token', `eyJ${mixed(20)}.eyJ${mixed(20)}.${mixed(20)}`],
  ['a secret on a command line', 'serve --db-password=hunter22'],
  ['a secret on a command line', 'curl -u admin:hunter22 http://a/'],
  ['a password in a URL', 'postgres://shop:hunter22@db:5432/shop'],
  ['a password in a URL', 'redis://:hunter22@redis:6379'],
  ['a password in a URL', 'jdbc:postgresql://db/shop?user=shop&password=hunter22'],
  ['a signature in a URL', `https://a.blob.core.windows.net/c?sv=2024&sig=${mixed(43)}%3D`],
  ['a password in a connection string', 'Host=db;Username=u;Password=Made-Up-7351'],
  ['a password in a connection string', 'Password=Made-Up-7351;Host=db'],
  ['a password in a connection string', `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${mixed(86)}==`],
  ['a password in a connection string', `Endpoint=sb://a/;SharedAccessKeyName=r;SharedAccessKey=${mixed(43)}=`],
  ['a password in a connection string', 'host=db user=shop password=hunter22 dbname=shop'],
  ['a credential of HTTP', `Authorization: Basic ${mixed(24)}==`],
  ['a credential of HTTP', `"authorization": "Bearer ${mixed(32)}"`],
  ['a password in a setting', 'db:\n  user: shop\n  password: hunter22x\n'],
  ['a password in a setting', '{"clientSecret": "a1b2c3d4e5"}'],
  ['a password in a setting', 'spring.datasource.password=hunter22x'],
];

test.each(shapes)('%s: %j', (what, text) => {
  expect(secretProblem(text, ['services', 0, 'config', 0, 'files', 'app.conf'])?.message).toBe(
    `"app.conf" holds what looks like ${what}`,
  );
});

/** They look like one and are none. */
test.each<[string]>([
  ['-----BEGIN CERTIFICATE-----\nMIIE'],
  ['-----BEGIN PUBLIC KEY-----'],
  ['postgres://shop:$(PGPASSWORD)@db:5432/shop'],
  ["--dsn=user=postgres password='$(PGPASSWORD)' host=db"],
  ['postgres://shop:${PGPASSWORD}@db:5432/shop'],
  ['postgres://shop:<password>@db'],
  ['postgres://shop@db:5432/shop'],
  ['http://cart:7070/a@b'],
  ['Host=db;Username=u;Password=$(PGPASSWORD)'],
  ['Host=db;Password={{ .password }};'],
  ['--password-file=/run/secrets/db'],
  ['--token=$(TOKEN)'],
  ['--token=/var/run/token'],
  ['docker run -u 1000:1000 x'],
  ['db:\n  password: ${DB_PASSWORD}\n'],
  ['password: ""'],
  ['password: required'],
  ['passwordFile: /run/secrets/db1'],
  ['password_min_length: 12345678'],
  ['secretName: shop-tls-2'],
  ['tokenUrl: https://id.example.org/oauth2/token'],
  ['api_key_header: X-Api-Key-2'],
  ['Authorization: Bearer $(TOKEN)'],
  ['Authorization: Bearer token'],
  ['sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d'],
  ['123e4567-e89b-12d3-a456-426614174000'],
  ['key-value-store.example.com'],
  ['tokenizer=bert-base-uncased'],
  ['us-east-1'],
  ['https://hooks.example.com/services/T0/B0'],
  ['SKU-1234567890'],
  ['skip-authentication-for-health-checks'],
  ['eyJhbGciOiJub25lIn0'],
])('%j is none', (text) => {
  expect(secretProblem(text, ['services', 0, 'config', 0, 'files', 'app.conf'])).toBeUndefined();
});

test.each<[string, string, boolean]>([
  ['PGPASSWORD', 'hunter22', true],
  ['SECRET_KEY_BASE', 'q7Zt0WmXc4', true],
  ['DB_PASS', 'hunter22', true],
  ['apiKey2', 'hunter22', true],
  ['SESSION_KEY', 'hunter22', true],
  ['AWS_SECRET_ACCESS_KEY', 'hunter22', true],
  ['GITHUB_PAT', 'hunter22', true],
  ['PASSWORD_FILE', '/run/x', false],
  ['TOKEN_URL', 'http://a/', false],
  ['SECRET_NAME', 'a', false],
  ['MAX_TOKENS', '100', false],
  ['COMPASS', 'north', false],
  ['BYPASS', 'north', false],
  ['PARTITION_KEY', 'id', false],
  ['PUBLIC_KEY', 'abc', false],
  ['ADMIN_TOKEN', 'disabled', false],
  ['DB_PASSWORD', '$(OTHER)', false],
  ['DB_PASSWORD', 'vault:secret/data/db#password', false],
  ['DB_PASSWORD', 'arn:aws:secretsmanager:eu-west-1:1:secret:db', false],
  ['DB_PASSWORD', '', false],
])('a variable %s with %j: %s', (name, value, isSecret) => {
  expect(secretProblem(value, ['services', 0, 'env', name]) !== undefined).toBe(isSecret);
});

test.each<[readonly string[], string | undefined]>([
  [['--password', 'Made-Up-7351'], '"args" has a literal value behind --password, which takes a secret'],
  [['--redis.auth-token', 'abc'], '"args" has a literal value behind --redis.auth-token, which takes a secret'],
  [['--password', '--verbose'], undefined],
  [['--password', '$(PASSWORD)'], undefined],
  [['--password', '/run/secrets/db'], undefined],
  [['--password-file', 'Made-Up-7351'], undefined],
  [['--secret-name', 'tls'], undefined],
  [['--token', ''], undefined],
])('arguments %j', ([before, value], message) => {
  expect(secretProblem(value!, ['services', 0, 'args', 1], before)?.message).toBe(message);
});
