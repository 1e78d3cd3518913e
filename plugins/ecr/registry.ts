/** Amazon's registries by their names, and the API that gives out passwords for them. */

/** A registry of ECR. */
export interface EcrRegistry {
  readonly region: string;
  /** As signatures name the API. */
  readonly service: 'ecr' | 'ecr-public';
  /** The API's URL. */
  readonly api: string;
  /** Header X-Amz-Target. */
  readonly target: string;
  /** Where lists of `authorizationData` begin. */
  readonly isList: boolean;
}

/** The endings of Amazon's own domains, with those of the APIs beside those of the registries. */
const DOMAINS: Readonly<Record<string, string>> = {
  'amazonaws.com': 'amazonaws.com',
  'amazonaws.com.cn': 'amazonaws.com.cn',
  'amazonaws.eu': 'amazonaws.eu',
};
/** Names by IPv4 and IPv6; their APIs have another domain. */
const DUAL_DOMAINS: Readonly<Record<string, string>> = {
  'on.aws': 'api.aws',
  'on.amazonwebservices.com.cn': 'api.amazonwebservices.com.cn',
};

const HOST =
  /^\d{12}\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z]{2,4}(?:-[a-z]+)+-\d{1,2})\.(?<domain>[a-z.]+)$/;

/** The registry that a host is; undefined for any host that is none of Amazon's. The environment may move the API. */
export function registryOf(
  host: string,
  env: Readonly<Record<string, string | undefined>>,
): EcrRegistry | undefined {
  if (host === 'public.ecr.aws') {
    return {
      region: 'us-east-1',
      service: 'ecr-public',
      api: env.AWS_ENDPOINT_URL_ECR_PUBLIC || 'https://api.ecr-public.us-east-1.amazonaws.com/',
      target: 'SpencerFrontendService.GetAuthorizationToken',
      isList: false,
    };
  }
  const { fips, region, domain } = HOST.exec(host)?.groups ?? {};
  const api =
    region === undefined || domain === undefined ? undefined : apiOf(region, domain, fips !== undefined);
  if (region === undefined || api === undefined) return undefined;
  return {
    region,
    service: 'ecr',
    api: env.AWS_ENDPOINT_URL_ECR || api,
    target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    isList: true,
  };
}

function apiOf(region: string, domain: string, isFips: boolean): string | undefined {
  const word = isFips ? 'ecr-fips' : 'ecr';
  if (Object.hasOwn(DUAL_DOMAINS, domain)) return `https://${word}.${region}.${DUAL_DOMAINS[domain]}/`;
  if (!Object.hasOwn(DOMAINS, domain)) return undefined;
  return `https://${isFips ? word : 'api.ecr'}.${region}.${DOMAINS[domain]}/`;
}
