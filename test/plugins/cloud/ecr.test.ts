import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import ecr from '../../../plugins/ecr/index.ts';
import { parseIni } from '../../../plugins/ecr/ini.ts';
import { registryOf } from '../../../plugins/ecr/registry.ts';
import { type Signable, signedHeaders } from '../../../plugins/ecr/signature.ts';
import { answeredFor, applied, folder, SOON, service } from './cloud.ts';

const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const PASSWORD = 'the-ecr-password';
const ROLE = 'arn:aws:iam::123456789012:role/push';

describe('signatures', () => {
  it('are those of the test suite that AWS publishes', () => {
    const date = Date.UTC(2015, 7, 30, 12, 36);
    const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
    const url = 'https://example.amazonaws.com/';
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const table: readonly (readonly [string, Signable, string])[] = [
      [
        'get-vanilla',
        { method: 'GET', url },
        '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
      ],
      [
        'post-vanilla',
        { method: 'POST', url },
        '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
      ],
      [
        'get-vanilla-query-order-key-case',
        { method: 'GET', url: `${url}?Param2=value2&Param1=value1` },
        'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
      ],
      [
        'post-x-www-form-urlencoded',
        { method: 'POST', url, headers: form, body: 'Param1=value1' },
        'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
      ],
    ];
    const wrong = table.flatMap(([name, request, signature]) => {
      const signing = { keys, region: 'us-east-1', service: 'service', now: date };
      const { authorization = '' } = signedHeaders(request, signing);
      return authorization.endsWith(`Signature=${signature}`) ? [] : [[name, authorization]];
    });
    expect(wrong).toEqual([]);
  });
});

describe('the names of ECR', () => {
  it('lead to the API of their region, and look-alikes to none', async () => {
    const account = '123456789012';
    const table: Readonly<Record<string, string | undefined>> = {
      [HOST]: 'https://api.ecr.eu-west-1.amazonaws.com/',
      [`${account}.dkr.ecr-fips.us-gov-west-1.amazonaws.com`]:
        'https://ecr-fips.us-gov-west-1.amazonaws.com/',
      [`${account}.dkr.ecr.cn-north-1.amazonaws.com.cn`]: 'https://api.ecr.cn-north-1.amazonaws.com.cn/',
      [`${account}.dkr-ecr.us-west-2.on.aws`]: 'https://ecr.us-west-2.api.aws/',
      'public.ecr.aws': 'https://api.ecr-public.us-east-1.amazonaws.com/',
    };
    expect(Object.entries(table).filter(([host, api]) => registryOf(host, {})?.api !== api)).toEqual([]);
    const others = [
      `${HOST}.evil.org`,
      `evil.${HOST}`,
      `${HOST}:443`,
      `${account}.dkr.ecr.eu-west-1.amazonaws.com.evil.org`,
      `${account}.dkr.ecr.evil.org/x.amazonaws.com`,
      `${account}.dkr.ecr.eu-west-1.evil.com`,
      `${account}.dkr.ecr.eu-west-1.constructor`,
      '12345.dkr.ecr.eu-west-1.amazonaws.com',
      'public.ecr.aws.evil.org',
      'ghcr.io',
    ];
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'x' };
    expect(await answeredFor(applied(ecr(), env), others)).toEqual([]);
  });
});

describe('ecr', () => {
  /** AWS: its registries' API, STS, Identity Center, the container endpoint and IMDSv2. Says who asked for a password. */
  async function aws(life = 43_200) {
    const asked: string[] = [];
    const end = Date.now() / 1000 + life;
    const keysOf = (name: string) => ({
      AccessKeyId: name,
      SecretAccessKey: `${name}-secret`,
      Token: `${name}-token`,
      Expiration: SOON,
    });
    const server = await service(({ method, url, headers, body }) => {
      const form = new URLSearchParams(body.toString());
      const action = form.get('Action');
      if (action !== null) {
        const isTrusted =
          action === 'AssumeRole'
            ? /Credential=AKID\/\d{8}\/eu-west-1\/sts\/aws4_request/.test(headers.authorization ?? '')
            : form.get('WebIdentityToken') === 'a-web-token' && headers.authorization === undefined;
        if (!isTrusted || form.get('RoleArn') !== ROLE)
          return {
            status: 403,
            body: '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>',
          };
        return {
          status: 200,
          body: `<R><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s/+=</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${SOON}</Expiration></Credentials></R>`,
        };
      }
      if (headers['x-amz-target'] !== undefined) {
        const [, id] = /^AWS4-HMAC-SHA256 Credential=([A-Z]+)\//.exec(headers.authorization ?? '') ?? [];
        if (id === undefined) return undefined;
        asked.push(`${id} ${headers['x-amz-security-token'] ?? ''}`.trim());
        const data = {
          authorizationToken: Buffer.from(`AWS:${PASSWORD}`).toString('base64'),
          expiresAt: end,
        };
        return { authorizationData: String(headers['x-amz-target']).startsWith('Spencer') ? data : [data] };
      }
      if (url.pathname === '/federation/credentials' && headers['x-amz-sso_bearer_token'] === 'sso-token') {
        const { searchParams } = url;
        if (searchParams.get('role_name') !== 'push' || searchParams.get('account_id') !== '1234')
          return undefined;
        return {
          roleCredentials: {
            accessKeyId: 'SSO',
            secretAccessKey: 's',
            sessionToken: 't',
            expiration: end * 1000,
          },
        };
      }
      if (url.pathname === '/container' && headers.authorization === 'container-token')
        return keysOf('CONTAINER');
      if (method === 'PUT' && url.pathname === '/latest/api/token')
        return { status: 200, body: 'imds-token' };
      if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401 };
      const roles = '/latest/meta-data/iam/security-credentials/';
      if (url.pathname === roles) return { status: 200, body: 'role-of-instance' };
      return url.pathname === `${roles}role-of-instance` ? keysOf('INSTANCE') : undefined;
    });
    const home = await folder({
      token: 'a-web-token\n',
      'container-token': 'container-token\n',
      '.aws/config': `
[profile static]
aws_access_key_id = STATIC
aws_secret_access_key = s
[profile role]
role_arn = ${ROLE} ; a comment
source_profile = base
[profile loop]
role_arn = ${ROLE}
source_profile = pool
[profile pool]
role_arn = ${ROLE}
source_profile = loop
[profile program]
credential_process = /bin/false
[profile factor]
role_arn = ${ROLE}
source_profile = base
mfa_serial = arn
[profile sso]
sso_session = house
sso_account_id = 1234
sso_role_name = push
[profile ended]
sso_start_url = https://ended
sso_region = eu-west-1
sso_account_id = 1234
sso_role_name = push
[sso-session house]
sso_start_url = https://house
sso_region = eu-west-1
`,
      '.aws/credentials': '[base]\naws_access_key_id=AKID\naws_secret_access_key=secret\n',
      [`.aws/sso/cache/${createHash('sha1').update('house').digest('hex')}.json`]: JSON.stringify({
        accessToken: 'sso-token',
        expiresAt: SOON,
      }),
    });
    const env = {
      HOME: home,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: server.origin,
      ...Object.fromEntries(
        ['ECR', 'ECR_PUBLIC', 'STS', 'SSO'].map((name) => [`AWS_ENDPOINT_URL_${name}`, server.origin]),
      ),
    };
    return { asked, env, home, server };
  }

  it('exchanges each identity that AWS’s own tools find for a password', async () => {
    const { asked, env, home, server } = await aws();
    const basic = { kind: 'basic', username: 'AWS', password: PASSWORD, expires: expect.any(Number) };
    const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };
    const web = { AWS_WEB_IDENTITY_TOKEN_FILE: `${home}/token`, AWS_ROLE_ARN: ROLE };
    const container = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.origin}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${home}/container-token`,
    };
    const table: readonly (readonly [Record<string, string>, string])[] = [
      [{ ...keys, ...web }, 'AKID session'],
      [{ ...web, ...container }, 'ROLE t'],
      [{ AWS_PROFILE: 'static' }, 'STATIC'],
      [{ AWS_PROFILE: 'role' }, 'ROLE t'],
      [{ AWS_PROFILE: 'sso' }, 'SSO t'],
      [container, 'CONTAINER CONTAINER-token'],
      [{ AWS_EC2_METADATA_DISABLED: 'false' }, 'INSTANCE INSTANCE-token'],
    ];
    const wrong: unknown[] = [];
    for (const [more, who] of table) {
      const found = await applied(ecr(), { ...env, ...more })(HOST);
      if (asked.at(-1) !== who) wrong.push([more, asked.at(-1), found]);
      else expect(found).toEqual(basic);
    }
    expect(wrong).toEqual([]);
    expect(await applied(ecr(), { ...env, ...keys })('public.ecr.aws')).toEqual(basic);
    expect(await applied(ecr({ profile: 'static' }), { ...env, ...keys })(HOST)).toEqual(basic);
    expect(asked.at(-1)).toBe('STATIC');
    expect(await applied(ecr(), env)(HOST)).toBeUndefined();
  });

  it('asks once for a registry, and again before the password ends', async () => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret' };
    const long = await aws();
    const ask = applied(ecr(), { ...long.env, ...keys });
    await Promise.all([ask(HOST), ask(HOST)]);
    await ask(HOST);
    expect(long.asked).toHaveLength(1);
    const short = await aws(60);
    const again = applied(ecr(), { ...short.env, ...keys });
    await again(HOST);
    await again(HOST);
    expect(short.asked).toHaveLength(2);
  });

  it('says which identity cannot be used, and no secret of it', async () => {
    const { env, home } = await aws();
    const web = { AWS_WEB_IDENTITY_TOKEN_FILE: `${home}/token`, AWS_ROLE_ARN: 'arn:other' };
    const table: readonly (readonly [Record<string, string>, string, string])[] = [
      [web, 'PYC_TOKEN_SERVICE', 'AccessDenied'],
      [{ ...web, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere' }, 'PYC_CLOUD_IDENTITY', '/nowhere'],
      [{ AWS_PROFILE: 'absent' }, 'PYC_CLOUD_IDENTITY', 'absent'],
      [{ AWS_PROFILE: 'loop' }, 'PYC_CLOUD_IDENTITY', 'itself'],
      [{ AWS_PROFILE: 'program' }, 'PYC_CLOUD_IDENTITY', 'credential_process'],
      [{ AWS_PROFILE: 'factor' }, 'PYC_CLOUD_IDENTITY', 'factor'],
      [{ AWS_PROFILE: 'ended' }, 'PYC_CLOUD_IDENTITY', 'aws sso login'],
      [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.org/x' }, 'PYC_CLOUD_IDENTITY', 'https'],
    ];
    const wrong: unknown[] = [];
    for (const [more, code, word] of table) {
      const ask = applied(ecr(), { ...env, ...more });
      const answer = await ask(HOST);
      const said = ask.said.join('\n');
      if (answer !== code || !said.includes(word) || /a-web-token|secret|echoed/.test(said))
        wrong.push([more, answer, said]);
    }
    expect(wrong).toEqual([]);
  });

  it('reads the files of the AWS command line', () => {
    const sections = parseIni(
      'x=1\n[profile  a]\nK = v # c\ns3 =\n  k = nested\n# k = no\n[b]\nurl=http://x#y\n',
    );
    expect([...sections].map(([name, values]) => [name, Object.fromEntries(values)])).toEqual([
      ['profile a', { k: 'v', s3: '' }],
      ['b', { url: 'http://x#y' }],
    ]);
  });
});
